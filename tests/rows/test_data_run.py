"""C08: the data run of a case: asked of the holders, run for the named person only, refused after its end, and counted by case and period."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase
from tests.office.desk.conftest import Bench
from tests.rows.acting import Office
from xieli.engines.metrics import Period
from xieli.office.demo.stories import sc01_data
from xieli.office.demo.theatre import Theatre

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture(scope="module")
def bench(stage: Theatre, pg_cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    from django.conf import settings

    from xieli.office.desk import demo

    before = settings.HOME
    settings.HOME = Path(tmp_path_factory.mktemp("home"))
    made = Bench(stage, pg_cluster)
    stage.made["truth"] = demo.load_case(stage.admin, (stage.subject_id("duan"), "段某"))
    yield made
    settings.HOME = before


@pytest.fixture(autouse=True)
def _here(stage: Theatre, pg_cluster: Any) -> None:
    djangodb.use(TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0]))  # type: ignore[index]


def test_the_holders_are_asked_and_only_the_named_person_is_run(bench: Bench) -> None:
    """S0-14: A run for a person not named in the authorization, or after expiry, is refused and logged; an authorized run writes only minimal matched rows to the case, with counts per source, and the audit can re-derive the result set from the same snapshot.
    A run asks for an authorization, never for a person: whom it does not name cannot be run for, and his rows are not even laid down."""
    from xieli.office.desk import demo, services
    from xieli.office.desk.models import Authorization, Hit, Run
    from xieli.office.matters.services import grants
    from xieli.office.matters.tables.core import Matter

    stage, office = bench.stage, Office(bench.stage)
    yj = office.body("yj")
    asked = office.open("assistance_request", "数据查询：公安、税务、市场监管", person=bench.chief, owner="wuchuan", room="wuchuan/supervision1", parties={"helper": (stage.body("yj"),)})
    form = ("request", {"kind": "data", "known": "对象身份和任职", "items": [{"class": "relations", "what": "公安：户籍亲属"}, {"class": "companies", "what": "市场监管：任职持股；税务：开票合同"}], "why_not_self": "数据由市级各主管单位掌握",
                        "basis": "协查办法", "due_on": "2026-03-16", "bank_columns": False})
    office.step(bench.chief, asked, "submit", form)
    assert office.refused(bench.deputy, asked, "send") == "not_approved"
    office.hands.approved(bench.chief, asked, "ask", bench.deputy)
    office.step(bench.deputy, asked, "send")
    with stage.acts(bench.chief):
        for helper in ("yj-duty", "chief3"):
            grants.give(asked, stage.person(helper), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="协助办理", reason="")
    office.step("yj-duty", asked, "take", ("acceptance", {"takes": True, "own_subject": False}), body=yj)
    given = [{"what": f"{holder}数据", "state": "answered"} for holder in ("公安", "市场监管", "税务")]
    office.step("yj-duty", asked, "reply", ("reply", {"items": given, "replied_on": "2026-03-03"}), body=yj)
    assert office.at(asked, bench.chief) == ["check"]
    assert [i["what"] for i in office.data(asked, "reply", bench.chief)["items"]] == [i["what"] for i in given]

    def permitted(*subjects: str, days: int = 5) -> int:
        with stage.acts(bench.chief):
            made = services.propose(Matter.objects.get(pk=bench.lead), services.Proposal(**{**vars(sc01_data.asked(stage, subjects=subjects, days=days)), "operators": ()})).id
        assert bench.signed(made, bench.head, bench.deputy) == "in_force"
        return int(made)

    def rows(authorization: int) -> list[tuple[str, str, int]]:
        with stage.acts(bench.chief):
            return sorted((table, part["dataset"], row["row"]) for h in Hit.objects.filter(run__authorization_id=authorization) for table, part in h.evidence.items() for row in part["rows"])

    duan, other = stage.subject_id("duan"), "990101195001010016"
    for_other = demo.run_now(stage, bench.chief, permitted(other), sc01_data.SHADOW)
    assert (for_other.state, for_other.result["hits"], for_other.result["snapshot"]["cadre"]["rows"]) == ("done", 0, 0)
    first = permitted(duan)
    done = demo.run_now(stage, bench.chief, first, sc01_data.SHADOW)
    assert {t: s["rows"] for t, s in done.result["snapshot"].items()}["cadre"] == 1  # counts per source; of the posts only his
    assert {s["dataset"] for s in done.result["snapshot"].values()} == {"unit_posts", "kin_register", "company_roles", "invoiced_contracts"}
    minimal = rows(first)
    assert 0 < len(minimal) < 12  # what matched, of more than six hundred rows
    with stage.acts(bench.chief):
        (hit,) = Hit.objects.filter(run__authorization_id=first)
        assert hit.matter_id == bench.lead
        assert sc01_data.FORBIDDEN not in f"{hit.evidence}{hit.told_zh}"
    again = permitted(duan)
    derived = demo.run_now(stage, bench.chief, again, sc01_data.SHADOW)
    versions = [{t: s["version"] for t, s in r.result["snapshot"].items()} for r in (done, derived)]
    assert versions[0] == versions[1]
    assert rows(again) == minimal  # the same snapshot, the same result set
    with stage.acts(bench.chief):
        asked_for = Authorization.objects.get(pk=first)
    assert demo.run_now(stage, bench.head, first, sc01_data.SHADOW).result["code"] == "operator"
    stage.at("2026-03-12 09:00")  # last in this test: time only goes forward
    late = demo.run_now(stage, bench.chief, first, sc01_data.SHADOW)
    assert (late.state, late.result["code"]) == ("refused", "expired")
    with stage.acts(bench.chief):
        kept = list(Run.objects.filter(authorization=asked_for, state="refused").values_list("result__code", flat=True).order_by("at"))
    assert kept == ["operator", "expired"]
    logged = stage.admin.execute("select count(*) from audit.event where verb = 'match.run' and convert_from(canon, 'UTF8') like '%%refused%%' and %s = any(matters)", [bench.lead]).fetchone()
    assert logged[0] == 2  # type: ignore[index]
    assert not stage.sees("yj-analyst", bench.lead)


def test_the_chain_and_the_shadow_company_are_found_and_a_namesake_waits_for_a_person(bench: Bench) -> None:
    """S0-15: With a seeded set holding one 3-hop chain to a company owned by the subject's brother-in-law and 1 000 unrelated rows, exactly that chain and company are found; every hop opens the source record; an unrelated same-name person is not asserted but queued for a person to judge.
    S0-51: The report gives both shares with case list, by period."""
    from xieli.office.desk import demo, relations, services
    from xieli.office.desk.models import Authorization, Conversion, DataSet, Hit
    from xieli.office.matters.tables.core import Matter
    from xieli.office.reports import services as reports

    stage, office, truth = bench.stage, Office(bench.stage), bench.stage.made["truth"]
    with stage.acts(bench.chief):
        assert DataSet.objects.get(code="transfers").accepted == 1003
    case, plain = (_joint(bench, office) for _ in range(2))
    with stage.acts(bench.chief):
        made = services.propose(Matter.objects.get(pk=case), services.Proposal(**{**vars(sc01_data.asked(stage)), "operators": ()})).id
    assert bench.signed(made, bench.head, bench.deputy) == "in_force"
    for model in (sc01_data.SHADOW, sc01_data.CIRCLE, sc01_data.NAMESAKE):
        assert demo.run_now(stage, bench.chief, made, model).result["hits"] == 1
    with stage.acts(bench.chief):
        assert reports.figure("joint_share", YEAR).number == 0  # a run that nobody judged is no use yet
        shadow, circle, namesake = (Hit.objects.get(run__authorization_id=made, model=m) for m in (sc01_data.SHADOW, sc01_data.CIRCLE, sc01_data.NAMESAKE))
        assert (namesake.strength, Conversion.objects.filter(hit=namesake).exists()) == ("weak", False)
        every = relations.Relations(Authorization.objects.get(pk=made))
        picture = every.lay_out(relations.View(every.start_of(shadow), dict.fromkeys(every.lay_out(relations.View(every.start_of(shadow))).nodes, 1)))
        assert all(e.dataset and e.row for e in picture.edges)
        opened = services.reveal(shadow, "核对企业和亲属")
        assert {r["company"] for r in opened["contract"]["rows"]} == {truth["company"]}
        assert truth["brother"] in {r.get("person") for r in opened["role"]["rows"]}
        hops = services.reveal(circle, "核对账户")["txn"]["rows"]
        assert sorted((r["payer"], r["payee"]) for r in hops) == sorted(zip(truth["chain"], truth["chain"][1:] + truth["chain"][:1], strict=True))
        services.judge(shadow, "true", "企业登记、户籍和合同相互印证")
        services.judge(circle, "true", "银行凭证印证")
        services.judge(namesake, "not_true", "登记补正后系另一人")
        assert [reports.figure(c, YEAR).text() for c in ("joint_share", "hits_true_share")] == ["50.0%", "66.7%"]
        assert [m.id for m in reports.rows_behind("joint_share", YEAR).matters] == [case]
        assert [m.id for m in reports.rows_behind("hits_true_share", YEAR).matters] == [case]
        assert {str(k)[:4]: v for k, v in reports.figure("joint_share", YEAR, by="quarter").groups.items()}
        assert reports.figure("joint_share", Period(date(2025, 1, 1), date(2025, 12, 31))).text() != "50.0%"
        assert stage.sees(bench.chief, plain)


def _joint(bench: Bench, office: Office) -> int:
    """A joint case of the county with the bank's organ, studied and approved by both heads."""
    from xieli.office.matters.services import grants

    stage = office.stage
    matter = office.open("joint_case", "联合审查调查", person=bench.chief, owner="wuchuan", room="wuchuan/supervision1", parties={"partner": (stage.body("icb-dc"),)})
    with stage.acts(bench.chief):
        for person in (bench.head, bench.deputy, "icb-expert", "icb-officer"):
            grants.give(matter, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="联合办案", reason="")
    office.step(bench.chief, matter, "join", ("study", {"attendees": "双方经办人", "gaps": [{"fact": "授信谋利", "missing": "资金去向"}], "difficulty": ["hidden"], "route": "joint", "known": "亲属企业与本单位有合同",
                                                         "partner_is_unit": True, "studied_on": office.hands.day()}))
    office.hands.approved(bench.chief, matter, "joint", bench.head, "icb-officer", what={"partner": stage.body("icb-dc")})
    return matter
