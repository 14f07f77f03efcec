"""PM4Py reads our OCEL 2.0 log, finds every event and object in it, and mines a model from it. PM4Py is AGPL: never a dependency.

    check.py OUR_PYTHON FOLDER
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pm4py


def main() -> int:
    ours, folder = sys.argv[1], Path(sys.argv[2])
    subprocess.run([ours, str(Path(__file__).parents[1] / "our_log.py"), str(folder)], check=True)
    written = json.loads((folder / "log.json").read_text("utf-8"))
    log = pm4py.read_ocel2_json(str(folder / "log.json"))
    counted = {"events": len(log.events), "objects": len(log.objects), "event types": log.events["ocel:activity"].nunique(), "relations": len(log.relations)}
    expected = {"events": len(written["events"]), "objects": len(written["objects"]), "event types": len(written["eventTypes"]),
                "relations": sum(len(e["relationships"]) for e in written["events"])}
    print("PM4Py", pm4py.__version__, counted)
    if counted != expected or not counted["events"]:
        print("expected", expected)
        return 1
    kinds = set(pm4py.ocel_get_object_types(log))
    if kinds != {t["name"] for t in written["objectTypes"]}:
        print("object types differ", kinds)
        return 1
    graph = pm4py.discover_ocdfg(log)
    mined = set(graph["activities"])
    if mined != {t["name"] for t in written["eventTypes"]}:
        print("the mined model lacks", {t["name"] for t in written["eventTypes"]} ^ mined)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
