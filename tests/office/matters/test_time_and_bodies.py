"""A notice moves only the clocks it must; merged bodies keep their old name on old papers and their matters a home."""
from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.office.matters.conftest import Kit
from xieli.engines.clocks import parse_notice
from xieli.office.bodies.merging import merge
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.recalendar import import_notice
from xieli.office.matters.services import clocks
from xieli.office.matters.services.handover import add_months
from xieli.office.matters.tables.clocks import Clock, ClockEvent
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty


def notice(number: str, *days: str) -> str:
    return f"# calendar: cn-mainland\n# notice: {number}\nday,working,zh,en\n" + "".join(f"{day}\n" for day in days)


# ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_clock_is_a_fold_over_its_events_and_its_dates_are_caches(kit: Kit, stage: Theatre) -> None:
    lead = kit.open()
    with stage.acts(kit.chief):
        matter = Matter.objects.get(pk=lead)
        clock = clocks.start(matter, "opinion", rule="cn.zj.lead.plan")
        assert clocks.start(matter, "opinion", rule="cn.zj.lead.plan").id == clock.id, "the first start counts"
        first = clock.alarm_at
        assert first is not None
        matter.refresh_from_db()
        assert matter.next_due == first
        assert min(r.due_at for r in clocks.compute(clock).readings) == first
        assert stage.refused(lambda: clocks.happen(clock, "stop")) == "term"
        clock = clocks.start(matter, "reminder", rule="", amount=20, unit="day")
        Matter.objects.filter(pk=lead).update(next_due=None)
        clocks.happen(clock, "stop")
        clock.refresh_from_db()
        matter.refresh_from_db()
        assert (clock.state, clock.alarm_at, matter.next_due) == ("stopped", None, first), "the legal term runs on"
        assert list(ClockEvent.objects.filter(clock=clock).order_by("happened_at").values_list("kind", flat=True)) == ["start", "stop"]
    later = kit.hands.clock() + timedelta(days=1)
    assert kit.code(kit.chief, lambda: clocks.happen(Clock.objects.get(pk=clock.pk), "stop", at=later)) == "future"


def test_an_event_of_a_clock_is_never_changed(kit: Kit, stage: Theatre, raw: object) -> None:
    import psycopg

    lead = kit.open()
    with stage.acts(kit.chief):
        clocks.start(Matter.objects.get(pk=lead), "opinion", rule="cn.zj.lead.plan")
    for attack in ("update clock_event set happened_at = access.now() where matter_id = %s", "delete from clock_event where matter_id = %s"):
        with raw(kit.chief) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):  # type: ignore[operator]
            connection.execute(attack, [lead])


def test_a_notice_moves_only_the_clocks_it_touches(kit: Kit, stage: Theatre) -> None:
    touched, untouched = kit.open(), kit.open()
    with stage.acts(kit.chief):
        near = clocks.start(Matter.objects.get(pk=touched), "letter", rule="cn.zj.letter.reply")        # fifteen working days
        far = clocks.start(Matter.objects.get(pk=untouched), "half", rule="", amount=3, unit="day")
        before, still = near.alarm_at, far.alarm_at
    assert before is not None
    day = kit.hands.clock().date() + timedelta(days=1)
    while day.weekday() >= 5 or not clocks.calendar_with("cn-mainland", ()).is_working(day):
        day += timedelta(days=1)
    done = import_notice(stage.admin, parse_notice(notice("临时放假一日", f"{day.isoformat()},rest,临时放假,ad hoc holiday"), "n.csv"))
    assert (done.revision, len(done.change.changes)) == (1, 1)
    assert near.id in {m.clock for m in done.moved}
    assert far.id not in {m.clock for m in done.moved}
    with stage.acts(kit.chief):
        near.refresh_from_db()
        far.refresh_from_db()
        assert near.alarm_at is not None
        assert near.alarm_at > before
        assert far.alarm_at == still
        assert Matter.objects.get(pk=touched).next_due == near.alarm_at
        assert min(r.due_at for r in clocks.compute(near).readings) == near.alarm_at, "caches equal recomputation under the new calendar"
    assert stage.admin.execute("select next_due from matter_work where matter_id = %s limit 1", [touched]).fetchone() == (near.alarm_at,), "the worklist follows"


def test_the_same_notice_is_imported_once(stage: Theatre) -> None:
    text = notice("重复", "2026-11-05,rest,演示,demo")
    import_notice(stage.admin, parse_notice(text, "n.csv"))
    with pytest.raises(ValueError, match="imported before"):
        import_notice(stage.admin, parse_notice(text, "n.csv"))


# ── mergers ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_merger_gives_open_matters_a_home_and_keeps_the_old_name(kit: Kit, stage: Theatre) -> None:
    duty = kit.hands.staff("case_duty", "yuntai/case")
    heir = kit.hands.staff("case_duty", "fengyang/case")
    with stage.acts(duty):
        from xieli.office.matters.services import leads

        open_lead = leads.register(leads.NewMatter("lead", "合并前的线索", stage.body("yuntai"), stage.room("yuntai/supervision1"), (kit.subject(),))).id
    parcel = kit.hands.send(kit.chief, kit.open(), "yuntai", "属该县管辖")
    today = kit.hands.clock().date()
    tried = merge(stage.admin, "yuntai", "fengyang", today, dry_run=True)
    assert stage.sees(duty, open_lead)
    assert stage.admin.execute("select valid_to from body where code = 'yuntai'").fetchone() == (None,), "a trial changes nothing"
    done = merge(stage.admin, "yuntai", "fengyang", today)
    assert done == tried
    assert (done.matters, done.parcels) == (1, 1)
    assert done.still_posted > 0
    assert stage.sees(heir, open_lead)
    assert not stage.sees(stage.holder("head@yuntai"), open_lead)
    kit.hands.receive(heir, parcel, "accepted")
    with stage.acts(heir):
        assert FeedbackDuty.objects.get(handover_id=parcel).owed_by_id == stage.body("fengyang")
    names = stage.admin.execute("select name_zh from body_name where body_id = %s", [stage.body("fengyang")]).fetchall()
    assert ("云台县纪委监委",) in names, "the old name finds the successor"
    assert stage.admin.execute("select name_zh, successor_id from body where code = 'yuntai'").fetchone() == ("云台县纪委监委", stage.body("fengyang"))
    for again in (("yuntai", "fengyang"), ("fengyang", "yuntai")):
        with pytest.raises(ValueError, match="ended already"):
            merge(stage.admin, *again, today)


def test_a_merger_into_itself_below_itself_or_in_the_future_is_refused(stage: Theatre, kit: Kit) -> None:
    today = kit.hands.clock().date()
    for old, new, on in (("wuchuan", "wuchuan", today), ("zhongyue", "wenshan", today), ("wuchuan", "zhongyue", add_months(today, 1)), ("nowhere", "wuchuan", date(2026, 1, 1))):
        with pytest.raises(ValueError, match="没有"):
            merge(stage.admin, old, new, on)
