"""SC-22 村级“三资”: commission, agriculture and audit clear contracts by a stated rule; white slips go through found, assigned, put right, reported."""
from __future__ import annotations

from datetime import date

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.field import sweeps
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission

STORY = ("SC-22", "村级“三资”：清产、清债、清合同", "Village assets: clearing assets, debts and contracts")
BEGINS = "2026-04-01 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"
CONTRACTS = (("鱼塘承包", 20_000_00, 50_000_00, "2028-12-31"), ("门面出租", 48_000_00, 50_000_00, "2027-06-30"), ("果园承包", 30_000_00, 30_000_00, "2025-12-31"), ("仓库出租", 30_000_00, 30_000_00, "2027-12-31"))


def play(stage: Theatre) -> None:
    """Contracts, assets, and the four steps of an issue."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    contracts(hands)
    assets(hands)
    slips(hands)


def contracts(hands: Officers) -> None:
    """The rule is stated first; then the rows are marked by it, not by anybody's hand."""
    stage = hands.stage
    matter = hands.open(WHO, "sweep", "村集体合同清理", owner="yj", room=ROOM, level=0)
    rows = [{"object": n, "department": hands.body("agri"), "listed": listed, "market": market, "ends_on": ends} for n, listed, market, ends in CONTRACTS]
    hands.step(WHO, matter, "start", form=("register", {"kind": "contract", "rule": "低于市场价 20% 以上或已到期即列", "percent": 20, "rows": rows}))
    with stage.acts(WHO):
        register = FormSubmission.objects.get(matter_id=matter, form="register").data
        marked = {m.object: m.zh for m in sweeps.marks(register, date.fromisoformat(hands.day()))}
    stage.check("低于市场价的合同由规则标出", "The contract below market is marked by the rule", marked.get("鱼塘承包") == "低于市场价 60%")
    stage.check("过期合同由规则标出", "The contract past its end is marked by the rule", marked.get("果园承包") == "已到期 91 天")
    stage.check("价差在规则以内的、未到期的不标", "Within the rule nothing is marked", set(marked) == {"鱼塘承包", "果园承包"})
    stage.figure("标出的合同", "contracts marked", len(marked), "份")


def assets(hands: Officers) -> None:
    """Register against field: every difference with its sum."""
    stage = hands.stage
    matter = hands.open(WHO, "sweep", "村集体资产清查", owner="yj", room=ROOM, level=0)
    listed = {"碾米厂设备": 12_000_00, "旧村小校舍": 80_000_00, "抽水机": 4_000_00}
    hands.step(WHO, matter, "start", form=("register", {"kind": "asset", "rule": "账实不符即列", "rows": [{"object": o, "department": hands.body("audit"), "listed": v} for o, v in listed.items()]}))
    actual = {"碾米厂设备": 0, "旧村小校舍": 80_000_00, "抽水机": 4_000_00}
    hands.step(hands.staff("handler", "audit"), matter, "covered", form=("found", {"rows": [{"object": o, "checked_on": hands.day(), "listed": v, "actual": actual[o], **({"problem": "账在物无"} if not actual[o] else {})} for o, v in listed.items()]}))
    stage.check("账实差额合计算得出", "The difference between register and field adds up", hands.facts(WHO, "sweep.gap", matter) == [12_000_00])
    stage.check("账在物无的逐项列出", "What is on paper and not in the field is listed", hands.facts(WHO, "sweep.problem", matter) == ["账在物无"])


def slips(hands: Officers) -> None:
    """排查—交办—整改—反馈, with one body on duty and the returns counted."""
    stage = hands.stage
    duty = hands.staff("head", "agri")
    matter = hands.open(WHO, "decision_task", "白条入账", owner="yj", room=ROOM, level=0)
    hands.step(WHO, matter, "give", form=("task", {"duty_body": hands.body("agri"), "origin": "campaign", "kind": "white_slip", "text": "三十二张白条补齐票据", "given_on": hands.day(), "due_on": "2026-05-01"}))
    stage.at("2026-04-02 10:00")
    hands.step(duty, matter, "receive", form=("receipt", {"by_post": "主任", "received_on": hands.day()}))
    hands.step(duty, matter, "report", form=("result", {"text": "已补二十张", "done_on": hands.day()}))
    stage.check("办的人不能自己核收", "Who carries it out cannot take it in himself", hands.refuses(duty, matter, "accept") != "")
    hands.step(WHO, matter, "return_", reason="还差十二张")
    stage.at("2026-04-10 10:00")
    hands.step(duty, matter, "report", form=("result", {"text": "三十二张全部补齐", "done_on": hands.day()}))
    hands.step(WHO, matter, "accept")
    with stage.acts(WHO):
        trail = list(Matter.objects.get(pk=matter).moves.exclude(move="start").order_by("at", "id").values_list("move", flat=True))
    stage.check("四步依次有据，退回一次有记录", "Four steps in order, and one return on record", trail == ["give", "receive", "report", "return_", "report", "accept"])
