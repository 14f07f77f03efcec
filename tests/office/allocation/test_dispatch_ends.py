"""A posting ends by itself in the papers too: the worker makes the move, late or on time, once, and one bad row stops only itself."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase


@pytest.fixture(scope="module")
def case(stage: Any) -> Any:
    """A joint case of Wuchuan, for which Datan sends people."""
    from xieli.office.demo.hands import Hands
    from xieli.office.matters.services import leads

    with stage.acts(Hands(stage).staff("room_head", "wuchuan/supervision1")):
        return leads.register(leads.NewMatter("joint_case", "某案联合审查", stage.body("wuchuan"), stage.room("wuchuan/supervision1"),
                                              (leads.Subject("某某", id_number=stage.subject_id("guo"), unit_body=stage.body("fire"), post="处长"),), source="supervision", parties={"partner": (stage.body("icb-dc"),)}))


@pytest.fixture(scope="module")
def database(stage: Any, pg_cluster: Any) -> TestDatabase:
    return TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])


@pytest.fixture
def worker(database: TestDatabase) -> Callable[[], int]:
    """One round of the minute, as the job role."""
    @contextmanager
    def working() -> Iterator[None]:
        djangodb.use(database, "job")
        try:
            yield
        finally:
            djangodb.use(database, "web")

    def round_() -> int:
        from xieli.office.matters.services import by_itself

        with working():
            return by_itself.round_once()

    djangodb.use(database, "web")
    return round_


def people(stage: Any) -> list[str]:
    """Handlers of Datan who could be sent."""
    from xieli.office.demo.hands import Hands

    return [Hands(stage).staff("room_head", "datan/supervision1"), Hands(stage).staff("handler", "datan/supervision1")]


def sent(stage: Any, case: Any, who: str, last: date) -> Any:
    """A dispatch of one person of Datan, in place until its last day."""
    from xieli.office.demo.hands import Hands
    from xieli.office.matters.services import leads
    from xieli.office.matters.tables.core import Matter

    hands = Hands(stage)
    chief, officer, host, home = hands.staff("room_head", "wuchuan/supervision1"), hands.staff("case_duty", "datan/case"), stage.holder("head@wuchuan"), stage.holder("head@datan")
    with stage.acts(chief):
        dispatch = leads.spawn(case, "dispatch", "child", owner=stage.body("datan"), title="主谈", copy_subjects=False)
    with stage.acts(officer):
        leads.ensure_begun(Matter.objects.get(pk=dispatch.id))
    person = stage.person(who)
    hands.step(chief, dispatch.id, "ask", form=("request", {"matter": str(case.id), "kind": "borrowing", "skills": "谈话", "from_on": hands.day(), "to_on": last.isoformat()}))
    hands.step(officer, dispatch.id, "name", form=("candidate", {"person": str(person), "in_pool": True, "back_to_back": False, "ties": "无", "same_employer": False}))
    hands.step(officer, dispatch.id, "cleared")
    what = {"person": str(person), "partner": stage.body("wuchuan")}
    hands.approved(chief, dispatch.id, "host", host, what=what)
    hands.step(host, dispatch.id, "approve_host")
    hands.approved(officer, dispatch.id, "home", home, what=what)
    hands.step(home, dispatch.id, "approve_home")
    hands.step(who, dispatch.id, "start", form=("undertaking", {"signed_on": hands.day(), "trained": True}))
    assert stage.sees(who, case.id)
    return dispatch


def stages(stage: Any, matter: Any) -> list[str]:
    return list(stage.admin.execute("select stages from matter where id = %s", [matter.id]).fetchone()[0])


def midnight_after(stage: Any, last: date, minutes: int = 0) -> None:
    stage.at(f"{(last + timedelta(days=1)).isoformat()} 00:{minutes:02d}")


def test_the_day_after_the_last_the_matter_asks_for_the_appraisal_and_nobody_pressed_anything(stage: Any, case: Any, worker: Any) -> None:
    from xieli.office.demo.hands import Hands

    hands = Hands(stage)
    who, last = "datan-lead", hands.clock().date() + timedelta(days=9)
    dispatch = sent(stage, case, who, last)
    stage.at(f"{last.isoformat()} 23:59")
    assert worker() == 0
    assert stages(stage, dispatch) == ["in_place"]
    assert stage.sees(who, case.id), "the last day is a day of the posting"
    midnight_after(stage, last)
    assert not stage.sees(who, case.id), "access ended with the day, whether or not the worker came"
    assert worker() == 1
    assert stages(stage, dispatch) == ["appraise"]
    assert worker() == 0, "made once"
    done = stage.admin.execute("select state->'done'->-1 from matter where id = %s", [dispatch.id]).fetchone()[0]
    assert (done["move"], done["person"]) == ("end_auto", "system")
    verbs = [v for (v,) in stage.admin.execute("select verb from audit.event where %s = any (matters) and verb in ('matter.by_itself', 'matter.moved') and process like '%%job' order by id", [dispatch.id])]
    assert verbs == ["matter.moved", "matter.by_itself"], "the ledger says that nobody acted"
    told = {p for (p,) in stage.admin.execute("select person_id from notification where matter_id = %s and kind = 'playbook.over'", [dispatch.id])}
    carrier = stage.admin.execute("select person_id from matter_move where matter_id = %s and move = 'end_auto'", [dispatch.id]).fetchone()[0]
    at = {b for (b,) in stage.admin.execute("select b.code from posting p join body b on b.id = p.body_id where p.person_id = any (%s) and p.ends_at is null", [list(told)])}
    assert {"wuchuan", "datan"} <= at, "both bodies are told"
    assert carrier in told, "and he whose authority carried it, for he did nothing"
    chief = hands.staff("room_head", "wuchuan/supervision1")
    hands.step(chief, dispatch.id, "appraised", form=("appraisal", {"text": "认真负责，按时完成任务。", "ended_on": last.isoformat(), "materials_back": True}))
    assert stage.admin.execute("select status from matter where id = %s", [dispatch.id]).fetchone() == ("closed",)


def test_a_worker_three_days_late_dates_the_end_truly_and_two_workers_make_one_move(stage: Any, case: Any, worker: Any, database: TestDatabase) -> None:
    from xieli.office.demo.hands import Hands

    who = people(stage)[1]
    last = Hands(stage).clock().date() + timedelta(days=5)
    dispatch = sent(stage, case, who, last)
    midnight_after(stage, last + timedelta(days=3), 30)
    with psycopg.connect(database.dsn()) as other:  # another worker has the matter in hand
        other.execute("select 1 from matter where id = %s for update", [dispatch.id])
        assert worker() == 0
        assert stages(stage, dispatch) == ["in_place"]
        other.rollback()
    assert worker() == 1, "and the next round looks again at once"
    happened, at = stage.admin.execute("select happened_at, at from matter_move where matter_id = %s and move = 'end_auto'", [dispatch.id]).fetchone()
    assert happened.astimezone(Hands(stage).clock().tzinfo).strftime("%Y-%m-%d %H:%M") == f"{last + timedelta(days=1)} 00:00"
    assert at - happened > timedelta(days=3)
    begun = stage.admin.execute("select min(e.happened_at) from clock c join clock_event e on e.clock_id = c.id where c.matter_id = %s and c.code = 'appraise'", [dispatch.id]).fetchone()[0]
    assert begun == happened, "the days for the appraisal count from the end of the posting"


def test_a_posting_that_cannot_be_ended_stops_only_itself_and_is_tried_again(stage: Any, case: Any, worker: Any) -> None:
    from xieli.office.demo.hands import Hands

    poison_who, sound_who = "datan-lead", people(stage)[0]
    last = Hands(stage).clock().date() + timedelta(days=4)
    poison = sent(stage, case, poison_who, last)
    sound = sent(stage, case, sound_who, last)
    stage.admin.execute("create function no_end() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$")
    stage.admin.execute(f"create trigger no_end before insert on matter_move for each row when (new.matter_id = {poison.id} and new.move = 'end_auto') execute function no_end()")
    midnight_after(stage, last)
    assert worker() == 1
    assert (stages(stage, poison), stages(stage, sound)) == (["in_place"], ["appraise"])
    assert not stage.sees(poison_who, case.id), "access ends all the same"
    stage.admin.execute("drop trigger no_end on matter_move")
    assert worker() == 0, "put off, not hammered"
    Hands(stage).minutes(61)
    assert worker() == 1
    assert stages(stage, poison) == ["appraise"]


def test_who_may_no_longer_write_carries_nothing_and_the_next_one_does(stage: Any, case: Any, worker: Any) -> None:
    """The move is never carried with the rights of somebody who has lost them: the person sent, whose posting is over, made the last move."""
    rows = stage.admin.execute("select v.person_id, p.name from matter_move v join person p on p.id = v.person_id where v.move = 'end_auto'").fetchall()
    sent_people = {stage.person(w) for w in ("datan-lead", *people(stage))}
    assert rows
    assert not {person for person, _ in rows} & sent_people
