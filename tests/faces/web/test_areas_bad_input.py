
"""Bad plans as a leader meets them on the screen: which rule, which record, in both languages; what is in force stays, nothing is half adopted."""
from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import djangodb
from tests.engines.allocation.conftest import make_zones
from xieli.engines.allocation import examples

CHIEF, HEAD = "chief3", "yj-head"


@pytest.fixture(scope="module")
def in_force(played) -> Any:
    """The last good plan, adopted by two."""
    djangodb.use(played.database)
    from xieli.office.allocation import demo, divisions

    demo.load(played.admin)
    with played.theatre.acts(CHIEF):
        problem = divisions.problem_from_records()
    run = demo.plan_now(played.theatre, CHIEF, "yj", "zones", problem, title="央单位均衡")
    with played.theatre.acts(CHIEF):
        version = divisions.propose(run, reason="均衡各区负荷", valid_from=divisions.today())
    with played.theatre.acts(HEAD):
        divisions.adopt(version)
    return version


def asked(stage: Any, task: str, data: Any) -> str:
    """A leader hands in a file; returns the address of the run."""
    answer = stage.client(CHIEF).post("/areas/ask", {"task": task, "source": "file", "title": "试算", "file": SimpleUploadedFile("p.json", json.dumps(data).encode())})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"])


def made(stage: Any, address: str) -> str:
    """The worker's part, with the asker's authority; returns the state of the run."""
    from xieli.office.allocation import plans
    from xieli.office.ids import from_ref

    run = from_ref(address.rsplit("/", 1)[-1])
    with stage.theatre.rehearsing():
        plans.perform(run, lambda: stage.theatre.acts(CHIEF))
    return str(stage.one("select state from plan_run where id = %s", run))


def adopted(stage: Any) -> list[Any]:
    """All that a plan could change: versions and areas."""
    return [stage.admin.execute(q).fetchall() for q in ("select id, state, valid_to from plan_version order by id", "select id, plan_digest, valid_to from area order by id", "select area_id, body_id, valid_to from area_body order by id")]


def zones(**harm: Any) -> dict[str, Any]:
    data = make_zones()
    for path, value in harm.items():
        what, name = path.split("_", 1)
        if what == "unit":
            data["units"][2][name] = value
        else:
            data[name] = value
    return data


def twice() -> dict[str, Any]:
    data = make_zones()
    data["units"].append(copy.deepcopy(data["units"][2]))
    return data


ALL_BODIES = ["b0", "b1", "b2", "b3"]
FAULTS = [
    ("negative load", "zones", zones(unit_load=-4), ("单位 u02 的负荷是 -4", "不小于 0"), ("unit u02", "the load is -4", "at least 0")),
    ("duplicate id", "zones", twice(), ("u02",), ("u02",)),
    ("nobody may take it", "zones", zones(unit_recused=ALL_BODIES), ("u02",), ("u02",)),
    ("a lock against a ban", "zones", zones(top_bans=[{"unit": "u02", "body": "b1", "code": "recusal"}], top_locks=[{"unit": "u02", "body": "b1", "by": "x", "reason": "x"}]), ("锁定", "u02"), ("lock", "u02")),
]


@pytest.mark.parametrize(("task", "data", "zh", "en"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_names_its_rule_and_its_record_and_nothing_changes(stage, in_force, task, data, zh, en) -> None:
    before = adopted(stage)
    address = asked(stage, task, data)
    assert made(stage, address) in ("refused", "done")
    for language, words, kept in (("zh-hans", zh, "现行方案不变"), ("en", en, "in force")):
        text = stage.client(CHIEF, language).get(address).content.decode()
        for word in (*words, kept):
            assert word in text, (language, word)
        assert 'id="propose"' not in text, "nothing can be put forward from it"
    refused = stage.client(CHIEF).post(f"{address}/propose", {"reason": "均衡各区负荷", "from": "2027-01-01", "which": "0"})
    assert refused.status_code in (404, 409, 422), refused.status_code
    assert adopted(stage) == before


def test_islands_are_shown_for_a_decision_village_by_village(stage, in_force) -> None:
    data = examples.committees()
    for n in range(3):
        data["villages"].append({"id": f"V-gorge{n}", "at_km": [90.0 + n, 90.0], "township": "T9", "supervisor_score": 70, "work": 4})
    address = asked(stage, "committees", data)
    assert made(stage, address) == "done"
    text = stage.client(CHIEF).get(address).content.decode()
    assert all(f"V-gorge{n}" in text for n in range(3))
    assert "V-island" in text


@pytest.mark.parametrize(("limits", "zh", "en"), [({"seconds": 1.0}, "秒", "second"), ({"memory_mb": 60}, "内存", "memory")], ids=["out of time", "out of memory"])
def test_a_solver_that_dies_or_takes_too_long_says_so_and_leaves_what_is_in_force(stage, in_force, monkeypatch, limits, zh, en) -> None:
    from xieli.office.allocation import plans

    monkeypatch.setattr(plans, "LIMITS", plans.LIMITS | limits)
    before = adopted(stage)
    address = asked(stage, "zones", examples.zones(400, 30, 3))
    assert made(stage, address) == "failed"
    for language, word, kept in (("zh-hans", zh, "现行方案不变"), ("en", en, "in force")):
        text = stage.client(CHIEF, language).get(address).content.decode()
        assert word in text, (language, word)
        assert kept in text
        assert 'id="propose"' not in text
    assert stage.client(CHIEF).post(f"{address}/propose", {"reason": "均衡各区负荷", "from": "2027-01-01"}).status_code in (404, 409, 422)
    assert adopted(stage) == before


def test_ten_thousand_units_are_taken_planned_checked_and_listed_in_part(stage, in_force) -> None:
    """Most of them outside the centre, where the seat decides, so that the suite pays for the road through the office and not for an hour of solving."""
    data = examples.zones(60, 8, 5) | {"ladder": [0.2]}
    data["units"] += [{"id": f"S{n:05d}", "at_km": [60.0 + n % 70, 40.0], "load": 1 + n % 7, "industry": "bank", "central": False, "home": "B-outer"} for n in range(9_940)]
    address = asked(stage, "zones", data)
    assert made(stage, address) == "done"
    assert stage.one("select verdict from plan_run order by at desc, id desc limit 1") == []
    assert stage.one("select count(*) from plan_run r, jsonb_object_keys(r.result -> 'assign') where r.title = '试算' and r.task = 'zones' and r.state = 'done' group by r.id order by 1 desc limit 1") == 10_001
    for query, shown in (("", "U60"), ("?q=U-outer", "9941"), ("?q=nobody", "")):
        answer = stage.client(CHIEF).get(address + query)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert shown in text
        assert len(text) < 2_000_000
