"""FollowTheMoney's own model takes every entity of our export: schema, properties, references; nothing is cleaned away.

    check.py OUR_PYTHON FOLDER
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from followthemoney import model
from followthemoney.exc import InvalidData

EDGES = """source,target,kind,from,to,dataset,row,note,source_kind,target_kind
甲某,乙某,kin,2001-05-01,,household,r1,配偶,person,person
乙某,渝河建材有限公司,ownership,2019-03-02,2024-06-30,registry,r2,持股60%,person,company
甲某,某局,office,2015-01-01,,posts,r3,副局长,person,body
渝河建材有限公司,某局,contract,2021-07-15,2022-01-15,procurement,r4,砂石采购,company,body
乙某,990100000000000001,account,2018-01-01,,bank,r5,,person,account
渝河建材有限公司,某路1号,address,2019-03-02,,registry,r6,注册地址,company,address
丙某,渝河建材有限公司,office,2020-01-01,,registry,r7,监事,person,company
"""


def main() -> int:
    ours, folder = sys.argv[1], Path(sys.argv[2])
    (folder / "edges.csv").write_text(EDGES, encoding="utf-8")
    subprocess.run([ours, "-m", "xieli", "match", "relations", "export-ftm", str(folder / "edges.csv"), str(folder / "out.ftm.json")], check=True)
    lines = [json.loads(line) for line in (folder / "out.ftm.json").read_text("utf-8").splitlines()]
    wrong = []
    known = {}
    for data in lines:
        try:
            entity = model.get_proxy({**data, "datasets": ["xieli"]} if "datasets" not in data else data, cleaned=False)
            entity.schema.validate(data)
        except InvalidData as problem:
            wrong.append(f"{data['id']}: {problem} {getattr(problem, 'errors', '')}")
            continue
        known[entity.id] = entity.schema
        for name, values in data["properties"].items():
            if len(entity.get(name)) != len(values):
                wrong.append(f"{data['schema']}.{name}: {values} became {entity.get(name)}")
    for data in lines:
        schema = known.get(data["id"])
        for name, values in data["properties"].items():
            prop = schema.get(name) if schema else None
            if prop is not None and prop.type.name == "entity":
                wrong += [f"{data['schema']}.{name} points nowhere fitting: {v}" for v in values if v not in known or not known[v].is_a(prop.range)]
    for line in wrong:
        print(line)
    print("FollowTheMoney took", len(known), "of", len(lines), "entities,", len({s.name for s in known.values()}), "schemata")
    return 1 if wrong or len(known) < 12 else 0


if __name__ == "__main__":
    sys.exit(main())
