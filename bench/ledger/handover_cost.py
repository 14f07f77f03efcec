"""Figure: what the event adds to the whole hand-over transaction, measured on the real service in a demo database.

One hand-over is one transaction of the web role: binding, receipt number, parcel with its list, closing and opening of grants, the
duty to report back, notifications, the receiver's task — and one event in the ledger. It is measured from binding to commit (synchronous),
in two clones of the same world: one as it is, one in which `audit.write` only returns a number. The clones take turns in random order; each
round hands over a matter registered for it. Goal: the event adds at most a tenth (issue 3).

    python bench/ledger/handover_cost.py [--rounds 150]

Stated beside it: the same for opening a matter's page (its look event) in added milliseconds.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
import psycopg  # noqa: E402
from tests import dbfixtures, djangodb  # noqa: E402

from xieli.server import dbroles  # noqa: E402
from xieli.server.cluster import Server  # noqa: E402

RESULT = ROOT / "bench/results/ledger_handover_cost.json"
GOAL = 0.10
SILENT = """
create or replace function audit.write(verb_name text, payload jsonb, about bigint[], parts jsonb, inside boolean) returns uuid
    language sql volatile security definer set search_path = pg_catalog as $$ select gen_random_uuid() $$
"""


class Side:
    """One clone: its people, and the two acts that are timed."""

    def __init__(self, database: dbfixtures.TestDatabase) -> None:
        from xieli.office.demo import world
        from xieli.office.demo.theatre import Theatre

        self.database = database
        self.admin = database.admin()
        self.theatre = Theatre(world.read(self.admin), self.admin)
        self.sent: list[float] = []
        self.looked: list[float] = []

    def round(self, n: int) -> None:
        """Register, hand over (timed), open the page (timed)."""
        from django.conf import settings
        from django.test import Client

        from xieli.office.ids import to_ref
        from xieli.office.matters.services import handover, leads
        from xieli.office.matters.tables.core import Matter

        djangodb.use(self.database)
        stage = self.theatre
        with stage.acts("fire-handler"):
            made = leads.register(leads.NewMatter("lead", f"反映第{n}件采购问题", stage.body("fire-dc"), None, (leads.Subject(f"某{n}"),), source="supervision"))
        token = stage.token("fire-handler")
        matter = Matter(pk=made.pk)
        with stage.acts("fire-handler"):
            matter = Matter.objects.get(pk=made.pk)
        began = time.perf_counter()
        with stage.acts("fire-handler"):
            handover.send(matter, stage.body("yj"), reason="涉嫌职务犯罪，超出单位纪委权限")
        self.sent.append((time.perf_counter() - began) * 1000)
        client = Client()
        client.cookies[settings.SESSION_COOKIE] = token
        began = time.perf_counter()
        answer = client.get(f"/m/{to_ref(made.pk)}")
        self.looked.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200


def clones(server: Server) -> tuple[dbfixtures.TestDatabase, dbfixtures.TestDatabase]:
    """The furnished world twice; the second is silent."""
    base = dbfixtures.clone(server, "handover_base", mark="demo")
    djangodb.use(base)
    from django.db import connections

    from xieli.office.demo import world
    from xieli.office.matters.services import playbooks

    with base.admin() as admin:
        world.load(admin)
        playbooks.publish(admin)
    connections.close_all()
    made = []
    for name in ("handover_as_it_is", "handover_silent"):
        dbroles.ensure_database(server.dsn(), name, dbfixtures.PREFIX, base.name)
        made.append(dbfixtures.TestDatabase(server, name))
    with psycopg.connect(made[1].dsn(), autocommit=True) as admin:
        admin.execute(SILENT)
    return made[0], made[1]


def middle(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[int(len(ordered) * 0.95)], 3)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=150)
    options = parser.parse_args()
    os.environ.setdefault("XIELI_HOSTS", "testserver")
    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg") as server:
            full, silent = clones(server)
            sides = {"with": Side(full), "without": Side(silent)}
            order = random.Random(1)
            for n in range(options.rounds + 10):
                for name in order.sample(sorted(sides), 2):
                    sides[name].round(n)
            events = sides["with"].admin.execute("select count(*) from audit.event where verb = 'handover.sent'").fetchone()
            quiet = sides["without"].admin.execute("select count(*) from audit.event where verb = 'handover.sent'").fetchone()
            assert events == (options.rounds + 10,)
            assert quiet == (0,)
            for side in sides.values():
                side.admin.close()
    # pairs of the same round: what else the machine did in that second weighs on both
    pairs = list(zip(sides["with"].sent[10:], sides["without"].sent[10:], strict=True))
    looks = list(zip(sides["with"].looked[10:], sides["without"].looked[10:], strict=True))
    base = statistics.median(b for _, b in pairs)
    added = statistics.median(a for a, _ in pairs) - base
    result: dict[str, Any] = {
        "figure": "what the event adds to the whole hand-over transaction", "goal": f"at most {GOAL:.0%}", "rounds": options.rounds,
        "hand_over_ms": {"with": middle([a for a, _ in pairs]), "without": middle([b for _, b in pairs])},
        "added_ms": round(added, 3), "added_share": round(added / base, 4), "median_of_paired_differences_ms": round(statistics.median(a - b for a, b in pairs), 3),
        "page_ms": {"with": middle([a for a, _ in looks]), "without": middle([b for _, b in looks])},
        "read_added_ms": round(statistics.median(a for a, _ in looks) - statistics.median(b for _, b in looks), 3),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores shared with other work", "load": [round(x, 1) for x in os.getloadavg()],
    }
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
