"""A tripwire on a recommendation: rerun each quarter on the newest data; a relapse reopens the item by itself, once; nobody is judged by it."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.engines.matching.datasets.importing import import_dataset
from xieli.office.desk import demo, hooks, services, store, tripwires
from xieli.office.desk.models import Authorization, Hit, Tripwire, TripwireCheck, Verdict
from xieli.office.matters.services import leads
from xieli.office.matters.services.relapse import reopen_item
from xieli.office.matters.tables.core import Matter, MatterLink

MODEL, ITEM = "deceased_recipient", "建立死亡信息月度比对制度"


@pytest.fixture(scope="module")
def programme(bench: Bench) -> tuple[int, int]:
    """An approved check with its programme authorization in force for most of a year, once run; and a recommendation."""
    from xieli.office.demo.stories.sc25_warning import approved_check

    check = approved_check(bench.stage)
    with bench.stage.acts(bench.chief):
        asked = bench.proposal(subjects=(), programme_document="专项〔2026〕1号", days=300, runs=9, pinned=False)
        made = services.propose(Matter.objects.get(pk=check), asked).id
        recommendation = leads.register(leads.NewMatter("recommendation", "惠民补贴发放建议书", bench.stage.body("wuchuan"), bench.stage.room("wuchuan/supervision1"), (), source="case")).id
    assert bench.signed(made, bench.head, bench.deputy) == "in_force"
    assert bench.ran(made).result["hits"] == 3
    return made, recommendation


@pytest.fixture
def reopened() -> Any:
    """What the recommendation's room would do: here it only notes what it was told."""
    told: list[tuple[int, str, int]] = []

    def hook(matter: Matter, item: str, relapses: int) -> str:
        told.append((matter.id, item, relapses))
        return "reopened"

    hooks.on_relapse(hook)
    yield told
    hooks.hooks.remove(hook)


def armed(bench: Bench, programme: tuple[int, int]) -> int:
    with bench.stage.acts(bench.chief):
        return int(tripwires.arm(Matter.objects.get(pk=programme[1]), Authorization.objects.get(pk=programme[0]), MODEL, ITEM).id)


def due(bench: Bench) -> int:
    with bench.working():
        return tripwires.check_due()


def last(bench: Bench, wire: int) -> TripwireCheck:
    with bench.stage.acts(bench.chief):
        return TripwireCheck.objects.filter(tripwire_id=wire).order_by("-at").first()


def pay_again(bench: Bench, folder: Path, person: str) -> None:
    """The next quarter's list: everything of before, and one dead person paid again."""
    import yaml

    from xieli.engines.matching.datasets.catalogue import entry

    at = bench.hands.clock()
    space = store.workspace(at)
    described = entry(space, "subsidies")
    import duckdb

    rows = duckdb.connect().execute(f"select id_no, name, programme, amount, paid_on from read_parquet('{described.accepted}')").fetchall()
    lines = ["id_no,name,programme,amount,paid_on", *(",".join(str(v) for v in r) for r in rows), f"{person},某,粮补,300.00,2026-06-05"]
    (folder / "subsidies.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "subsidies.dataset.yaml").write_text(yaml.safe_dump(described.manifest["description"], allow_unicode=True), "utf-8")
    import_dataset(space, folder / "subsidies.csv", folder / "subsidies.dataset.yaml", now=at, by="demo")
    demo.publish(bench.stage.admin, at)


def test_it_stands_on_a_programme_authorization_only(bench: Bench, programme: tuple[int, int]) -> None:
    case = bench.in_force()
    with bench.stage.acts(bench.chief):
        recommendation = Matter.objects.get(pk=programme[1])
        assert bench.stage.refused(lambda: tripwires.arm(recommendation, Authorization.objects.get(pk=case), MODEL, ITEM)) == "no_programme"
        assert bench.stage.refused(lambda: tripwires.arm(recommendation, Authorization.objects.get(pk=programme[0]), "circular_flow", ITEM)) == "no_programme"
        assert bench.stage.refused(lambda: tripwires.arm(recommendation, Authorization.objects.get(pk=programme[0]), MODEL, " ")) == "item"


def test_each_quarter_it_is_checked_once_and_what_was_known_is_no_relapse(bench: Bench, programme: tuple[int, int], reopened: Any) -> None:
    wire = armed(bench, programme)
    assert due(bench) == 0
    bench.stage.at("2026-07-10 09:00")
    assert due(bench) == 1
    assert due(bench) == 0
    check = last(bench, wire)
    assert (check.relapses, check.reopened, check.said_zh) == (0, "", "")
    assert reopened == []
    with bench.stage.acts(bench.chief):
        assert Tripwire.objects.get(pk=wire).next_on.isoformat() == "2026-10-10"


def test_a_relapse_reopens_the_item_by_itself_and_judges_nobody(bench: Bench, programme: tuple[int, int], reopened: Any, tmp_path: Path) -> None:
    with bench.stage.acts(bench.chief):
        wire = Tripwire.objects.get(matter_id=programme[1])
        verdicts = Verdict.objects.count()
    # closed long ago: the tripwire outlives it
    bench.stage.admin.execute("update matter set status = 'closed', closed_at = access.now() where id = %s", [programme[1]])
    pay_again(bench, tmp_path, bench.truth["dead"][0])
    bench.stage.at("2026-10-10 09:00")
    assert due(bench) == 1
    check = last(bench, wire.id)
    assert (check.relapses, check.reopened) == (1, "reopened")
    assert reopened == [(programme[1], ITEM, 1)]
    told = bench.stage.admin.execute("select count(*) from notification where kind = 'tripwire'").fetchone()[0]
    assert told >= 1
    with bench.stage.acts(bench.chief):
        assert Verdict.objects.count() == verdicts
        assert not Hit.objects.filter(run_id=check.run_id, conversion__isnull=False).exists()


def test_the_item_of_a_closed_recommendation_hangs_again_and_waits_for_a_person(bench: Bench, programme: tuple[int, int]) -> None:
    with bench.stage.acts(bench.chief):
        recommendation = Matter.objects.get(pk=programme[1])
        again = Matter.objects.get(kind="rectification", title__contains=ITEM)
        assert recommendation.status == "closed"
        assert MatterLink.objects.get(source=recommendation, target=again).kind == "follow_up"
        assert (again.status, [t["stage"] for t in again.state["tokens"]]) == ("open", ["problem"]), "a person enters the problem or drops it"
        assert again.outcomes.count() == 0
        assert [t.state for t in again.tasks.filter(title__contains="绊线")] == ["open"]
        # a second relapse while it hangs says so there and opens no second one
        assert reopen_item(recommendation, ITEM, 2) == "under_way"
        assert Matter.objects.filter(kind="rectification", title__contains=ITEM).count() == 1
        assert again.tasks.filter(title__contains="绊线").count() == 2
        assert reopen_item(again, ITEM, 1) == "", "only a recommendation has items"
    assert not bench.stage.sees("wuchuan-kin", again.id) or bench.stage.sees("wuchuan-kin", recommendation.id)


def test_without_its_setter_it_stays_due_and_nothing_is_run(bench: Bench, programme: tuple[int, int]) -> None:
    with bench.stage.acts(bench.chief):
        wire = Tripwire.objects.get(matter_id=programme[1])
        before = TripwireCheck.objects.count()
    person = bench.stage.person(bench.chief)
    bench.stage.at("2027-01-12 09:00")
    bench.stage.admin.execute("update person set account = false where id = %s", [person])
    try:
        assert due(bench) == 0
    finally:
        bench.stage.admin.execute("update person set account = true where id = %s", [person])
    with bench.stage.acts(bench.chief):
        assert TripwireCheck.objects.count() == before
        assert Tripwire.objects.get(pk=wire.pk).next_on.isoformat() == "2027-01-10"


def test_when_the_authorization_has_ended_the_check_says_so(bench: Bench, programme: tuple[int, int]) -> None:
    with bench.stage.acts(bench.chief):
        wire = Tripwire.objects.get(matter_id=programme[1])
    bench.stage.at("2027-02-20 09:00")
    assert due(bench) == 1
    assert last(bench, wire.id).said_en
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: tripwires.stand_down(wire, " ")) == "reason_needed"
        tripwires.stand_down(wire, "授权已到期")
        assert bench.stage.refused(lambda: tripwires.stand_down(wire, "再撤")) == "ended"
    bench.stage.at("2027-03-20 09:00")
    assert due(bench) == 0


def test_quarters_end_on_days_that_exist() -> None:
    from datetime import date

    assert [tripwires.next_quarter(date.fromisoformat(d)).isoformat() for d in ("2026-11-30", "2026-01-31", "2026-12-31", "2027-11-30")] == ["2027-02-28", "2026-04-30", "2027-03-31", "2028-02-29"]
