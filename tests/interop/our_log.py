"""Play “one call, the same night” in a database of its own and write what a provincial leader may export as OCEL 2.0.

    python tests/interop/our_log.py FOLDER        writes FOLDER/log.json; run by our own interpreter
"""
from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]


def main() -> None:
    from tests import djangodb
    from tests.dbfixtures import clone
    from xieli.server.cluster import Server

    folder = Path(tempfile.mkdtemp(prefix="xieli-interop-"))
    folder.chmod(0o711)
    with Server(folder / "pg", durable=False) as server:
        database = clone(server, "interop", mark="demo")
        djangodb.use(database)
        from xieli.engines.metrics import Period
        from xieli.office.demo import world
        from xieli.office.demo.stories import sc03_one_call
        from xieli.office.demo.theatre import Theatre
        from xieli.office.matters.services import playbooks
        from xieli.office.reports import ocel

        with database.admin() as admin:
            furnished = world.load(admin)
            playbooks.publish(admin)
        stage = Theatre(furnished, database.admin())
        sc03_one_call.play(stage)
        with stage.acts("yj-head"):
            log, _ = ocel.export(Period(date(2020, 1, 1), date(2030, 1, 1)))
        stage.admin.close()
        from django.db import connections

        connections.close_all()
    (Path(sys.argv[1]) / "log.json").write_text(json.dumps(log, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
