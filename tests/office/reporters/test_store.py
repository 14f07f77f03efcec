"""Who reported: taken in, asked for, approved by another, shown once, closed; the team, one person alone and the database never learn it."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tests.office.reporters.conftest import EXTRACT, PHRASE, WHO, Store
from xieli.office.matters.services.errors import Refused
from xieli.office.reporters import services

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]


def test_asked_approved_by_another_shown_once_and_closed(store: Store) -> None:
    report = store.taken().id
    request = store.asked(report)
    assert store.code("k1", lambda: services.show(request, PHRASE["k1"])) == "not_approved"
    assert store.handed(request) == "released"
    with store.as_("k1"):
        assert services.show(request, PHRASE["k1"]) == WHO
    assert store.code("k1", lambda: services.show(request, PHRASE["k1"])) == "shown"
    assert store.sql("select count(*) from reporters.handed where request = %s", request) == 0
    assert store.code("k1", lambda: services.ask(report, "contact", "还要再看一次才行", 1)) == "duplicate", "the first is accounted for first"
    assert store.code("k1", lambda: services.close(request, "")) == "outcome"
    with store.as_("k1"):
        services.close(request, "已核对，补充了时间")
    verbs = [r[0] for r in store.kit.stage.admin.execute(
        "select verb from audit.event where matters = (select array[matter] from reporters.report where id = %s) and verb like 'reporter.%%' order by id", [report])]
    assert verbs == ["reporter.taken_in", "reporter.extract_drafted", "reporter.asked", "reporter.handed", "reporter.shown", "reporter.closed"]


def test_a_wrong_passphrase_shows_nothing_and_uses_nothing_up(store: Store) -> None:
    report = store.taken().id
    request = store.asked(report)
    assert store.code("a1", lambda: services.hand(request, PHRASE["a2"])) == "passphrase"
    store.handed(request)
    assert store.code("k1", lambda: services.show(request, "wrong words")) == "passphrase"
    with store.as_("k1"):
        assert services.show(request, PHRASE["k1"])["name"] == WHO["name"]


def test_nobody_approves_for_himself_nor_from_the_handling_team(store: Store) -> None:
    stage = store.kit.stage
    report = store.taken().id
    request = store.asked(report)
    assert store.code("k1", lambda: services.hand(request, PHRASE["k1"])) == "not_found"
    assert store.code("k2", lambda: services.hand(request, PHRASE["k2"])) == "not_found", "a keeper's half beside a keeper's half opens nothing"
    lead = store.sql("select matter from reporters.report where id = %s", report)
    grant = stage.admin.execute(
        "insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
        " values (access.new_id(), %s, %s, 'team', '{read}', access.now(), access.now() + interval '1 day', 'x', '', 0, access.now()) returning id", [lead, stage.person("zhou-rong")]).fetchone()[0]
    with store.as_("a1"):
        assert request not in {r["id"] for r in services.waiting()}
    assert store.code("a1", lambda: services.hand(request, PHRASE["a1"])) == "not_found"
    stage.admin.execute("update matter_grant set revoked_at = access.now() where id = %s", [grant])
    assert store.handed(request, "a2") == "released"


def test_a_member_of_the_team_asks_and_needs_a_keeper_and_an_approver(store: Store) -> None:
    stage, kit = store.kit.stage, store.kit
    lead = kit.assigned()
    report = store.taken(matter=kit.accepted()).id
    stage.admin.execute("update reporters.report set received_on = received_on where id = %s", [report])
    own = services_taken_by_chief(store, lead)
    request = store.asked(own, by="h1")
    assert store.code("h1", lambda: services.show(request, PHRASE["h1"])) == "not_approved"
    assert store.handed(request, "a1") == "waiting"
    assert store.handed(request, "k2") == "released"
    with store.as_("h1"):
        assert services.show(request, PHRASE["h1"])["name"] == WHO["name"]
    # a report on a matter that he may not read does not exist for him
    assert store.code("h1", lambda: services.ask(report, "contact", "须与反映人核对时间", 1)) == "not_found"


def services_taken_by_chief(store: Store, lead: int) -> int:
    with store.as_("chief"):
        return services.take_in(lead, body=store.body, named=True, received_on=date(2026, 3, 1), identity=WHO).id


def test_two_approvers_at_once_one_decides_and_the_other_is_told(store: Store) -> None:
    report = store.taken().id
    request = store.asked(report)
    said: list[str] = []
    gate = threading.Barrier(2)

    def approve(part: str) -> None:
        from django.db import connections

        try:
            with store.as_(part):
                gate.wait(10)
                said.append(services.hand(request, PHRASE[part]))
        except Refused as refused:
            said.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=(p,)) for p in ("a1", "a2")]
    for p in ("a1", "a2"):
        store.kit.stage.token(store.people[p])
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(said) in (["conflict", "released"], ["not_found", "released"])
    assert store.sql("select count(*) from reporters.handed where request = %s", request) == 1


def test_a_request_that_ran_out_opens_nothing_and_can_be_asked_again(store: Store) -> None:
    stage = store.kit.stage
    report = store.taken().id
    request = store.asked(report, hours=1)
    store.handed(request)
    late = stage.admin.execute("select access.now() + interval '61 minutes'").fetchone()[0]
    stage.admin.execute("update access.clock_offset set by = by + interval '61 minutes'")
    assert stage.admin.execute("select access.now()").fetchone()[0] >= late
    assert store.code("k1", lambda: services.show(request, PHRASE["k1"])) == "ran_out"
    store.asked(report)
    assert store.sql("select state || outcome from reporters.request where id = %s", request) == "withdrawnexpired"
    assert store.sql("select count(*) from reporters.handed where request = %s", request) == 0


def test_a_refusal_and_a_withdrawal_end_a_request_and_its_halves(store: Store) -> None:
    report = store.taken().id
    first = store.asked(report)
    assert store.code("a1", lambda: services.refuse(first, "")) == "reason_needed"
    with store.as_("a1"):
        services.refuse(first, "摘录已够用")
    assert store.code("k1", lambda: services.show(first, PHRASE["k1"])) == "not_approved"
    second = store.asked(report)
    store.handed(second)
    with store.as_("k1"):
        services.withdraw(second)
    assert store.code("k1", lambda: services.show(second, PHRASE["k1"])) == "not_approved"
    assert store.sql("select count(*) from reporters.handed") == store.sql("select count(*) from reporters.handed h join reporters.request r on r.id = h.request where r.state in ('waiting', 'released')")


def test_an_anonymous_report_has_nobody_to_show_and_takes_in_nothing_of_him(store: Store) -> None:
    with pytest.raises(Refused) as refused:
        store.taken(named=False, phone="13800009999")
    assert refused.value.code == "anonymous"
    report = store.taken(named=False).id
    for purpose in ("contact", "answer", "protect", "law"):
        assert store.code("k1", lambda p=purpose: services.ask(report, p, "想知道是谁写的信", 1)) == "anonymous"  # type: ignore[misc]
    request = store.asked(report, purpose="extract")
    store.handed(request)
    with store.as_("k1"):
        assert services.show(request, PHRASE["k1"]) == {"original": "有人收钱。"}


def test_an_extract_that_names_the_reporter_is_stopped_and_the_second_person_decides(store: Store) -> None:
    for text, code in (("钟离小满反映某科长收钱", "extract_warned"), ("反映人电话13800009999", "extract_leaks"), ("证号尾数 198501019999", "extract_leaks")):
        with pytest.raises(Refused) as refused:
            store.taken(extract=text)
        assert refused.value.code == code
    taken = store.taken()
    with store.as_("duty"):
        assert services.of_matter(store.sql("select matter from reporters.report where id = %s", taken.id))[0]["words"] is None, "a draft does not travel"
    with store.as_("a1"):
        draft = next(d for d in services.drafts() if d["report"] == taken.id)
        services.decide_extract(draft["id"], "approved")
    with store.as_("duty"):
        row = services.of_matter(store.sql("select matter from reporters.report where id = %s", taken.id))[0]
    assert (row["words"], row["named"]) == (EXTRACT, True)
    assert store.code("a2", lambda: services.decide_extract(draft["id"], "returned", "晚了一步")) == "conflict"


def test_a_returned_extract_is_rewritten_against_the_identity_which_nobody_sees(store: Store) -> None:
    report = store.taken().id
    with store.as_("a1"):
        draft = next(d for d in services.drafts() if d["report"] == report)
        services.decide_extract(draft["id"], "returned", "太短")
    request = store.asked(report, purpose="extract")
    store.handed(request)
    with store.as_("k1"):
        assert services.show(request, PHRASE["k1"]) == {"original": WHO["original"]}
    assert store.code("k1", lambda: services.rewrite(request, PHRASE["k1"], "据钟离小满称")) == "extract_warned"
    with store.as_("k1"):
        assert services.rewrite(request, PHRASE["k1"], "反映某科长两次收受现金，附地点。") == ()
    with store.as_("k2"):
        assert report in {d["report"] for d in services.drafts()}
    with store.as_("k1"):
        assert report not in {d["report"] for d in services.drafts()}, "nobody approves his own extract"


def test_a_keeper_who_loses_his_key_gets_the_halves_from_a_colleague(store: Store) -> None:
    report = store.taken().id
    with store.as_("k2"):
        store.keys["k2"] = services.make_key(store.body, "keeper", PHRASE["k2"])
    assert store.code("k2", lambda: services.ask(report, "contact", "须与反映人核对时间", 1)) == "no_half"
    assert store.code("a1", lambda: services.hand_on(store.body, store.keys["k2"], PHRASE["a1"])) == "not_found", "an approver hands nothing to a keeper"
    with store.as_("k1"):
        assert services.hand_on(store.body, store.keys["k2"], PHRASE["k1"]) >= 1
    request = store.asked(report, by="k2")
    store.handed(request)
    with store.as_("k2"):
        assert services.show(request, PHRASE["k2"])["name"] == WHO["name"]


def test_a_keeper_who_leaves_holds_a_key_to_nothing_with_the_next_query(store: Store) -> None:
    stage = store.kit.stage
    report = store.taken().id
    request = store.asked(report, by="k2")
    store.handed(request)
    stage.admin.execute("update posting set ends_at = access.now() where person_id = %s", [stage.person("k2")])
    assert store.code("k2", lambda: services.show(request, PHRASE["k2"])) == "not_found"
    with store.as_("k2"):
        assert services.register() == []
    again = store.taken().id
    assert store.sql("select count(*) from reporters.half h where h.report = %s and h.holder = %s", again, store.keys["k2"]) == 0
    stage.admin.execute("update posting set ends_at = null where person_id = %s", [stage.person("k2")])


def test_nobody_is_keeper_and_approver_even_one_after_the_other(store: Store) -> None:
    stage = store.kit.stage
    stage.admin.execute(
        "insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id)"
        " select %s, body_id, room_id, id, 'regular', '2020-01-01', '', false, %s from office where id = %s",
        [stage.person("k1"), stage.person("k1"), stage.world.offices["deputy@wuchuan"]])
    assert store.code("k1", lambda: services.make_key(store.body, "approver", PHRASE["k1"])) == "both_halves"
    stage.admin.execute("delete from posting where person_id = %s and office_id = %s", [stage.person("k1"), stage.world.offices["deputy@wuchuan"]])


def test_a_recused_keeper_does_not_find_the_report(store: Store) -> None:
    stage = store.kit.stage
    taken = store.taken()
    lead = store.sql("select matter from reporters.report where id = %s", taken.id)
    stage.admin.execute("insert into recusal (id, matter_id, principal, ground, state, automatic, starts_at, ends_at, reason)"
                        " values (access.new_id(), %s, %s, 'kin', 'in_force', true, access.now(), access.now() + interval '1 year', '')", [lead, stage.person("k1")])
    with store.as_("k1"):
        assert taken.id not in {r["id"] for r in services.register()}
    for act in (lambda: services.ask(taken.id, "contact", "须与反映人核对时间", 1), lambda: services.one(taken.id), lambda: services.order_erasure(taken.id, "依据一二三四")):
        assert store.code("k1", act) == "not_found"


def test_two_persons_erase_and_then_nothing_opens_it(store: Store) -> None:
    report = store.taken().id
    with store.as_("k1"):
        services.order_erasure(report, "反映人撤回同意")
    assert store.code("k1", lambda: services.erase(report)) == "not_found"
    with store.as_("a1"):
        services.erase(report)
    assert store.sql("select sealed is null and not exists (select 1 from reporters.half where report = %s) and not exists (select 1 from reporters.custody where report = %s) from reporters.report where id = %s",
                     report, report, report) is True
    assert store.code("k1", lambda: services.ask(report, "contact", "须与反映人核对时间", 1)) == "not_found"


def test_a_keeper_answers_the_named_reporter_and_the_matter_learns_only_that(store: Store) -> None:
    stage = store.kit.stage
    taken = store.taken()
    lead = store.sql("select matter from reporters.report where id = %s", taken.id)
    duty = stage.admin.execute("insert into feedback_duty (id, matter_id, owed_by_id, to_reporter, rule, every_months, first_due, next_due, state, waived_reason, created_at)"
                               " values (access.new_id(), %s, %s, true, 'x', 1, %s, %s, 'open', '', access.now()) returning id", [lead, store.body, date(2026, 3, 20), date(2026, 3, 20)]).fetchone()[0]
    with store.as_("k1"):
        row = next(r for r in services.register() if r["id"] == taken.id)
        assert (row["owed"], row["duty"]) == (date(2026, 3, 20), duty)
    today = stage.admin.execute("select access.day(access.now())").fetchone()[0]
    assert store.code("k1", lambda: services.answered(taken.id, how="call", on=today + timedelta(days=2), duty=duty)) == "future"
    assert store.code("a1", lambda: services.answered(taken.id, how="call", on=today, duty=duty)) == "not_found"
    with store.as_("k1"):
        services.answered(taken.id, how="call", on=today, duty=duty, text="已电话告知")
    assert store.sql("select state from feedback_duty where id = %s", duty) == "closed"
    assert store.sql("select text from feedback where duty_id = %s", duty) == taken.code
    assert store.code("k1", lambda: services.answered(taken.id, how="call", on=today, duty=duty)) == "conflict"


def test_the_store_refuses_before_it_is_set_up(store: Store) -> None:
    other = store.kit.hands.staff("case_duty", "zhongyue/case")
    from xieli.office.matters.services import leads

    with store.kit.stage.acts(other):
        lead = leads.register(leads.NewMatter(kind="lead", title="另一县的线索", owner_body=store.kit.stage.body("zhongyue"), subjects=(store.kit.subject(),), source="petition")).id
    with pytest.raises(Refused) as refused, store.kit.stage.acts(other):
        services.take_in(int(lead), body=store.kit.stage.body("zhongyue"), named=True, received_on=date(2026, 3, 1), identity=WHO)
    assert refused.value.code == "not_set_up"
