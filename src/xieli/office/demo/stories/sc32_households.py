"""SC-32 室组地到户核查补贴: a room, a dispatched group and the place draw a sample from the payment list, ask each household, and a difference becomes a doubt that a person judges."""
from __future__ import annotations

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.desk import demo, services
from xieli.office.desk.models import Authorization, Conversion, Hit
from xieli.office.matters.services import grants, leads, moves, people
from xieli.office.matters.tables.core import Matter

STORY = ("SC-32", "室组地到户核查补贴", "Asking households about a subsidy: room, group and place together")
BEGINS = "2026-03-02 09:00"
ROOM = "wuchuan/supervision1"
DRAWN = 8


def play(stage: Theatre) -> None:
    """From the plan to one lead and no verdict by machine."""
    stage.start_at(BEGINS)
    demo.load(stage.admin, people=300)
    check = the_force(stage)
    drawn = draw(stage, check)
    ask_them(stage, check, drawn)
    doubts(stage, drawn)


def the_force(stage: Theatre) -> int:
    """One check, three sides: two heads or it does not stand."""
    hands, chief = Hands(stage), stage.holder(f"room_head@{ROOM}")
    group, town = hands.staff("handler", "du-finance"), hands.staff("handler", "wenshan")
    stage.made.update(chief=chief, group=group, town=town)
    with stage.acts(chief):
        check = leads.register(leads.NewMatter("joint_check", "惠民补贴到户核查（室组地）", stage.body("wuchuan"), stage.room(ROOM), source="supervision",
                                               parties={"member": (stage.body("du-finance"), stage.body("wenshan"))})).id
        for person in (stage.holder("head@wuchuan"), stage.holder("deputy@wuchuan")):
            grants.give(check, stage.person(person), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="分管", reason="")
    hands.step(chief, check, "submit", form=("plan", {
        "topic": "惠民补贴到户核查", "kind": "sample", "members": [{"member": str(stage.body("du-finance")), "task": "调取名册"}, {"member": str(stage.body("wenshan")), "task": "带路入户"}],
        "units": [{"unit": "文山镇", "visit_on": "2026-03-10"}], "checklist": [{"title": "是否领到"}, {"title": "领到多少"}], "joined": "none", "from_on": "2026-03-03", "to_on": "2026-04-03"}))
    hands.approved(chief, check, "start", stage.holder("deputy@wuchuan"))
    hands.step(stage.holder("deputy@wuchuan"), check, "approve")
    with stage.acts(chief):
        people.join_team(Matter.objects.get(pk=check), stage.person(chief), "head_one")
    code = hands.refused(chief, lambda: moves.make(Matter.objects.get(pk=check), "start"))
    stage.check("只有一个组长，检查组不成立", "With one head the group does not stand", code in ("slots", "guard_slots"))
    with stage.acts(chief):
        people.join_team(Matter.objects.get(pk=check), stage.person(group), "head_two")
        people.join_team(Matter.objects.get(pk=check), stage.person(town), "members")
    hands.step(chief, check, "start")
    return int(check)


def draw(stage: Theatre, check: int) -> list[int]:
    """The sample comes from the list itself, by a number fixed in the signed authorization."""
    chief = stage.made["chief"]
    with stage.acts(chief):
        made = services.propose(Matter.objects.get(pk=check), services.Proposal(
            "household_sample", {"payment": "subsidies"}, "到户核查是否领到、领到多少", "ask households whether and how much they received", "PIA-2026-12", instruments={"subsidies": "财函〔2026〕15号"},
            programme_document="专项〔2026〕6号", runs=2, reveals=DRAWN, parameters={"households": str(DRAWN), "seed": "73"})).id
    for signer in (stage.holder("deputy@wuchuan"), stage.holder("head@wuchuan")):
        with stage.acts(signer):
            services.sign_authorization(Authorization.objects.get(pk=made))
    done = demo.run_now(stage, chief, made, "household_sample")
    with stage.acts(chief):
        hits = list(Hit.objects.filter(run=done).order_by("code"))
        stage.check(f"从发放名册抽出 {DRAWN} 户，各一次", f"{DRAWN} households are drawn from the payment list, each once", len(hits) == DRAWN and len({h.code for h in hits}) == DRAWN)
        stage.check("抽样数写在签批过的授权书里，谁也不能挑", "The number of the draw stands in the signed authorization: nobody picks", Authorization.objects.get(pk=made).document["models"][0]["parameters"]["seed"] == "73")
        return [h.pk for h in hits]


def ask_them(stage: Theatre, check: int, drawn: list[int]) -> None:
    """Each household's answer is recorded beside what the list says: got it, not, or in part."""
    hands, chief = Hands(stage), stage.made["chief"]
    stage.at("2026-03-10 15:00")
    rows = []
    for n, hit in enumerate(drawn, 1):
        with stage.acts(chief):
            shown = services.reveal(Hit.objects.get(pk=hit), "到户核查")
            listed = round(sum(float(r) for r in _amounts(Hit.objects.get(pk=hit))) * 100)
        said = 0 if n == 1 else listed // 2 if n == 2 else listed
        rows.append({"household": f"第{n}户", "got": "not_got" if n == 1 else "part" if n == 2 else "got", "listed": listed, "said": said})
        assert shown
    code = hands.refused(stage.made["town"], lambda: services.reveal(Hit.objects.get(pk=drawn[0]), "看看"))
    stage.check("不是操作人，看不到抽中户的原始数据", "Who is no operator does not see the rows of a drawn household", bool(code))
    hands.step(stage.made["group"], check, "visited", form=("visit", {"unit": "文山镇", "visited_on": hands.day(), "answers": [{"item": "是否领到", "state": "problem"}], "households": rows}))
    with stage.acts(chief):
        kept = Matter.objects.get(pk=check).forms.filter(form="visit").order_by("-id").first()
        differ = [r for r in kept.data["households"] if r["listed"] != r["said"]] if kept else []
        stage.check("每户回答与名册并排记下，两户不符", "Every answer stands beside the list; two differ", bool(kept) and len(kept.data["households"]) == DRAWN and len(differ) == 2)


def _amounts(hit: Hit) -> list[str]:
    return [r["amount"] for r in hit.evidence["payment"]["rows"]]


def doubts(stage: Theatre, drawn: list[int]) -> None:
    """A difference is a doubt until a person has judged it; only then a lead."""
    hands, chief = Hands(stage), stage.made["chief"]
    subject = (leads.Subject("孙某", unit_name="文山镇", post="补贴经办人"),)
    code = hands.refused(chief, lambda: services.to_lead(Hit.objects.get(pk=drawn[0]), "补贴未发到户", subject))
    stage.check("差异未经人核定，不能成为线索", "A difference that nobody judged makes no lead", code == "unverified_hit")
    for n, hit in enumerate(drawn, 1):
        verdict, why = ("true", "本人未领到，银行流水无入账") if n == 1 else ("not_true", "家人代领一半，已当面核实") if n == 2 else ("not_true", "足额领到")
        with stage.acts(chief):
            services.judge(Hit.objects.get(pk=hit), verdict, why)
    with stage.acts(chief):
        lead = services.to_lead(Hit.objects.get(pk=drawn[0]), "补贴未发到户", subject)
    with stage.acts(chief):
        made = Conversion.objects.get(lead_id=lead.id)
        stage.check("一处差异，一条线索，附名册行和授权", "One difference, one lead, with the rows of the list and the authorization", bool(made.evidence) and len(made.authorization_digest) == 64 and Conversion.objects.filter(hit_id__in=drawn).count() == 1)
        stage.check("足额领到的户没有留下任何线索", "Households that got everything leave no lead", not Conversion.objects.filter(hit_id__in=drawn[2:]).exists())
    stage.figure("抽查户数", "households asked", len(drawn), "户")
    stage.figure("不符户数", "households that differ", 2, "户")
