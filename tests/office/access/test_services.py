"""The services as the screens will call them: through Django, as the web role, each leaving its event in the ledger."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import dbfixtures
from tests.adversary.conftest import AN, CHEN, EN, MINE, ROOM, SPARE, Target, people
from xieli.server.cluster import Server

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = f"""
import json, sys
import django
django.setup()
from django.db import connection
from xieli.server.binding import acting, open_demo_session
from xieli.office.access import services as s
from xieli.office.access.search import grams
from xieli.office.matters.queries.lookup import by_pieces
from xieli.office.access.worklist import worklist
from xieli.office.audit import record_look

an, en, spare = (open_demo_session(p) for p in ({AN}, {EN}, {SPARE}))
out = {{}}
with acting(an):
    m = s.open_matter(kind="lead", title="关于张伟的问题线索", owner_body={MINE}, level=1, names=["欧阳雪"])
    record_look([m], purpose="matter-page")
    out["has seen"] = len(s.who_has_seen(m))
    g = s.give(m, {SPARE}, "reviewer", ["read", "note"], basis="复核安排")
    out["seen"] = [k.person for k in s.who_may_see(m)]
    out["why"] = sorted(k.reason["zh"] for k in s.who_may_see(m))
    out["search"] = [[x.id for x in by_pieces(grams(w))] == [m] for w in ("张伟", "问题线索", "欧阳", "李娜")]
    out["worklist"] = [x[0] for x in worklist()] == [m]
    out["visible"] = s.visible().count()
    for what, call in {{
        "self": lambda: s.give(m, {AN}, "approver", ["read", "approve"], basis="x"), "basis": lambda: s.give(m, {CHEN}, "handler", ["read"], basis=""),
        "kind": lambda: s.give(m, {CHEN}, "owner", ["read"], basis="x"), "none": lambda: s.give(m + 1, {CHEN}, "handler", ["read"], basis="x"),
        "level": lambda: s.set_level(m, 4, "x"), "short": lambda: s.break_glass(m, "急"),
    }}.items():
        try:
            call()
        except s.Refused as refusal:
            out["refused " + what] = [refusal.forbidden, refusal.zh, refusal.en]
    s.revoke(g, "复核结束")
    s.set_level(m, 2, "定密依据")
    r = s.raise_recusal(m, {SPARE}, "tie", "曾共事")
with acting(en):
    out["waiting"] = len(s.recusals_waiting())
    s.decide_recusal(r, "in_force", "应当回避")
    out["lifted"] = s.lift_recusal(r, "情况已经核实清楚")
    out["overdue"] = s.reviews_overdue()
with acting(spare):
    m2 = None
with acting(an):
    m2 = s.open_matter(kind="lead", title="另一件", owner_body={MINE})
with acting(spare):
    s.break_glass(m2, "值班急件无法联系承办人")
with acting(en):
    [review] = s.reviews_waiting()
    s.judge_break_glass(review["id"], "justified", "属实")
out["unbound"] = len(s.who_may_see(m))
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def office(pg_cluster: Server) -> Iterator[Target]:
    target = Target(dbfixtures.clone(pg_cluster, f"services_{os.getpid()}", mark="demo", level_cap=2))
    with target.database.admin() as admin:
        people(admin)
    yield target
    dbfixtures.drop(target.database)


def test_every_service_does_its_work_and_leaves_its_event(office: Target) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=os.environ | office.database.environment("web") | {"PYTHONPATH": str(ROOT / "src")},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    out = json.loads(done.stdout)
    assert set(out["seen"]) == {AN, EN, SPARE}
    assert out["why"] == ["分管领导", "复核", "承办"]
    assert out["search"] == [True, True, True, False]
    assert (out["worklist"], out["visible"], out["waiting"], out["lifted"], out["overdue"], out["unbound"]) == (True, 1, 1, False, [], 0)
    assert out["has seen"] >= 1
    refusals = {k.removeprefix("refused "): v for k, v in out.items() if k.startswith("refused ")}
    assert set(refusals) == {"self", "basis", "kind", "none", "level", "short"}
    assert {k for k, (forbidden, _, _) in refusals.items() if forbidden} == {"none"}
    assert all(zh and en for _, zh, en in refusals.values())
    with office.database.admin() as admin:
        verbs = [v for (v,) in admin.execute("select verb from audit.event order by id")]
    assert verbs == ["matter.opened", "matter.look", "knower.added", "knower.removed", "matter.classified", "recusal.asked", "recusal.answered", "recusal.lift_asked",
                     "matter.opened", "glass.broken", "glass.judged"]


def test_a_room_s_handler_grant_reaches_the_room(office: Target) -> None:
    with office.raw() as c, c.transaction(force_rollback=True):
        from hashlib import sha256

        c.execute("select access.open_demo_session(%s, %s)", [sha256(b"room").digest(), AN])
        c.execute("select access.bind('room')")
        row = c.execute("""select access.open_matter('{"kind": "lead", "playbook_version": 1, "playbook_sha": "x", "title": "x", "owner_body": %s, "owner_room": %s}')""" % (MINE, ROOM)).fetchone()  # noqa: UP031
        assert row is not None
        assert {p for (p,) in c.execute("select principal from matter_grant where matter_id = %s and kind = 'handler'", [row[0]])} == {AN, ROOM}
