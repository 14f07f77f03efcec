"""In which order the surroundings of the demo come about, from August to the morning of the call."""
from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from random import Random
from typing import Any

import psycopg
from django.db import connections

from xieli.office.allocation import demo as allocation
from xieli.office.demo import province
from xieli.office.demo.crowd import ROUNDS, Crowd
from xieli.office.demo.evidence import in_custody, papers
from xieli.office.demo.stories import sc06_subsidy
from xieli.office.demo.theatre import Theatre
from xieli.office.demo.world import World
from xieli.office.matters.services import competence, grants, handover, leads, moves
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover

WORKERS = 3


def play(stage: Theatre, say: Callable[[str], None]) -> None:
    """Everything that happened before the call."""
    crowd = Crowd(stage)
    first_parcels(crowd)
    for number, (when, bodies, depths) in enumerate(ROUNDS, 1):
        if when > "2026-02-16" and "area" not in stage.made:
            say("  一笔粮补…… / One subsidy …")
            one_subsidy(stage)
        if number == 3:
            stage.at("2025-12-22 10:00")
            stage.made["custody"] = in_custody(crowd, "datan", "liuzhi", "霍某某")
        say(f"  {when[:10]}：第 {number}/{len(ROUNDS)} 轮台账…… / register, round {number} of {len(ROUNDS)} …")
        if stage.clock_before(when):
            stage.at(when)
        if number == 2:
            say("  片区、片区廉勤委、督查轮值…… / Areas, village committees, a rota …")
            allocation.furnish(stage)
        stage.admin.execute("select access.release_loads()")  # the weekly release, as far as the story's time moves
        if number == len(ROUNDS) - 1:
            allocation.next_division(stage)
        everyone = crowd.bodies()
        chosen = [everyone[0], *(everyone[1 + (number * 5 + k) % (len(everyone) - 1)] for k in range(bodies - 1))]
        if number >= 4 and ("wuchuan", "wuchuan/supervision1") not in chosen:
            chosen.append(("wuchuan", "wuchuan/supervision1"))
        side_by_side(crowd, number, chosen, depths)
        parcels_of(crowd, number)
        if number == province.ROUND:
            stage.made["checked"] = province.start_check(crowd)
        if number == 5:
            province.put_right(crowd)
            province.hand_down(crowd)
    last_days(crowd)


def side_by_side(crowd: Crowd, number: int, chosen: list[tuple[str, str]], depths: tuple[int, ...]) -> None:
    """Bodies work at the same hour: several processes, each with its own sessions, take the bodies of one round."""
    connections.close_all()
    workers = get_context("fork")
    with workers.Pool(min(WORKERS, len(chosen)), _arrive, (_address(crowd.stage.admin), crowd.stage.world)) as pool:
        for body, found in pool.starmap(_one_round, [(number, body, room, province.DEPTHS if (number, body) == (province.ROUND, "yj") else depths) for body, room in chosen], chunksize=1):
            crowd.open_leads.setdefault(body, []).extend(found)


def _address(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    return {**connection.info.get_parameters(), "password": connection.info.password}


_here: dict[str, Theatre] = {}


def _arrive(address: dict[str, Any], world: World) -> None:
    _here["stage"] = Theatre(world, psycopg.connect(**address, autocommit=True))


def _one_round(number: int, body: str, room: str, depths: tuple[int, ...]) -> tuple[str, list[int]]:
    crowd = Crowd(_here["stage"], Random(f"{number} {body}"))
    crowd.round_of_leads(body, room, depths, days_ago=crowd.rng.randint(0, 6))
    return body, crowd.open_leads.get(body, [])


def one_subsidy(stage: Theatre) -> None:
    """SC-06 as it happened, seven weeks earlier than the story's own dates."""
    stage.shift_days = -49
    try:
        for scene in (sc06_subsidy.ask_for_hands, sc06_subsidy.activate, sc06_subsidy.send_people, sc06_subsidy.visit, sc06_subsidy.give_people_back):
            scene(stage)
    finally:
        stage.shift_days = 0


def first_parcels(crowd: Crowd) -> None:
    """31 August: whose answer was due on 28 February, given or not."""
    stage = crowd.stage
    answered = crowd.parcel("ins-leader", "yj-ins", "linjiang", "巡察发现：学校食堂采购价高于市价", crowd.accept("linjiang"))
    overdue = crowd.parcel("ins-leader", "yj-ins", "beiping", "巡察发现：公益岗位补贴发放异常", crowd.accept("beiping"))
    crowd.parcel("icb-officer", "icb-dc", "datan", "移送：支行原负责人涉嫌违规放贷", crowd.accept("datan"))
    crowd.parcel("hb-officer", "hb-dc", "anbei", "移送：费用报销凭证涉嫌造假", crowd.accept("anbei"))
    stage.made["answered"], stage.made["overdue"] = answered, overdue
    stage.at("2025-09-20 10:00")
    crowd.answer(answered, "linjiang", "已受理，正在核查食堂采购台账。", False)


def parcels_of(crowd: Crowd, number: int) -> None:
    """Each round some parcels, so that every state of the ladder is on the screens."""
    audit = crowd.stage.holder("head@audit")
    match number:
        case 1:
            crowd.parcel("ins-leader", "yj-ins", "yj", "巡察移交：某局重大事项决策不规范", crowd.step("yj", ("opened", {}), ("accepted", {"room": crowd.stage.room("yj/supervision3")})))
            crowd.parcel(audit, "audit", "nanqiao", "审计移送：专项资金滞留", crowd.accept("nanqiao"))
        case 2:
            crowd.answer(crowd.stage.made["answered"], "linjiang", "查实并处分二人，退还差价，已建章立制。", True)
            crowd.parcel(audit, "audit", "xiling", "审计移送：工程量虚增", crowd.step("xiling", ("opened", {}), ("returned", {"reason": "对象属市管干部，本级无管辖权"})))
        case 3:
            crowd.parcel("icb-officer", "icb-dc", "yj", "移送：信贷客户经理涉嫌受贿", crowd.step("yj", ("opened", {}), ("redirected", {"reason": "属片区协作范围，由大滩区办理", "to_body": crowd.stage.body("datan")})))
        case 4:
            crowd.parcel("ins-leader", "yj-ins", "zhongyue", "巡察移交：村级公益事业经费问题", crowd.accept("zhongyue"))
            crowd.parcel("hb-officer", "hb-dc", "yj", "移送：网点装修招标围标", crowd.accept("yj"))
        case 5:
            sent = crowd.parcel("ins-leader", "yj-ins", "chaomen", "巡察移交：惠民资金结余长期不清", crowd.accept("chaomen"))
            crowd.answer(sent, "chaomen", "正在清理结余资金，下月反馈结果。", False)
        case 6:
            crowd.parcel(audit, "audit", "yj", "审计移送：政府采购化整为零", crowd.step("yj", ("opened", {})))
            with crowd.stage.acts("ins-leader"):
                handover.remind(Handover.objects.get(pk=crowd.stage.made["overdue"]), text="期限已过，请尽快反馈。")
        case _:
            crowd.parcel("ins-leader", "yj-ins", "yj", "巡察移交：某国企选人用人问题")
            crowd.parcel("icb-officer", "icb-dc", "wuchuan", "移送：县支行贷款审批问题")
            crowd.parcel(audit, "audit", "wuchuan", "审计移送：村集体资产出租低价")


def last_days(crowd: Crowd) -> None:
    """The days before the call: requests that wait for signatures, channels, rights matters, help that was asked for."""
    stage = crowd.stage
    stage.at("2026-03-12 09:00")
    for number, (unit, name, chosen, load) in enumerate((("tobacco", "岳某某", "changling", 12), ("grid", "凌某某", "fuyuan", 7)), 1):
        designation_waiting(crowd, unit, name, chosen, load, number)
    in_custody(crowd, "linjiang", "guanhu", "柯某某")
    for body in ("wuchuan", "zhongyue", "datan"):
        papers(crowd, body, 2)
    stage.at("2026-03-13 15:00")
    for body in ("wuchuan", "zhongyue", "yuntai"):
        case_waiting(crowd, body)
    for number, subject in enumerate(("申请变更措施", "申请就医", "对扣押清单提出异议", "申请回避", "陈述申辩", "请求发还随身物品")):
        rights_matter(crowd, number, subject)
    stage.at("2026-03-16 10:00")
    for number, (unit, caller) in enumerate((("icb", "icb-dc"), ("rail", "rail-dc"), ("post", "post-dc"))):
        channel(crowd, unit, caller, number)
    for body, what in (("linjiang", "核查一份法院文书的真伪"), ("datan", "调取两家公司的登记资料"), ("shiba", "询问一名外地证人"), ("gaotang", "查询车辆登记信息")):
        assistance(crowd, body, what)
    for body in ("beiping", "dongping", "fengyang", "dianyuan"):
        small_matters(crowd, body)
    crowd.give_tasks()
    province.close_leads(crowd)
    province.file_case(crowd, stage.made["checked"])
    province.train(crowd)


def designation_waiting(crowd: Crowd, unit: str, name: str, chosen: str, load: int, number: int) -> None:
    """A designation proposed by the contact room that waits for the head."""
    stage, hands = crowd.stage, crowd.hands
    with stage.acts("chief3"):
        matter = leads.register(leads.NewMatter("designation", f"指定管辖：{name}涉嫌职务违法", stage.body("yj"), stage.room("yj/supervision3"),
                                                (leads.Subject(name, unit_body=stage.body(unit), post="部门经理"),), source="handover"))
        moves.make(matter, "consult_first", form=("inability", {
            "natural_body": str(stage.body("linjiang")), "natural_rule": "area", "kind": "case", "sides": "both", "reason": "overload",
            "facts": "自然管辖机构同期承办两起专案，暂无力量。", "asked_on": hands.day(), "central_unit": True}))
        competence.record_basis(matter, "resident_consent", body=stage.body("yj"), given_by=stage.body(f"{unit}-dc"), document_no=f"协函〔2026〕{10 + number}号")
        moves.make(matter, "consulted")
    with stage.acts("yj-handler"):
        moves.make(Matter.objects.get(pk=matter.pk), "submit", form=("comparison", {
            "candidates": [{"body": str(stage.body("linjiang")), "load": 28, "readiness": "unknown", "barred": False},
                           {"body": str(stage.body(chosen)), "load": load, "readiness": "confirmed", "barred": False}],
            "chosen_body": str(stage.body(chosen)), "why": "负荷较低，场所和力量已确认，无需回避。", "chosen_on": hands.day()}))
    hands.ask("chief3", matter.id, "designate", {"body": stage.body(chosen), "document_no": f"渝江纪指〔2026〕{number}号"}, reason="自然管辖机构任务集中", urgent=number == 1)


def case_waiting(crowd: Crowd, body: str) -> None:
    """A filing that waits for the deputy in charge."""
    stage, hands = crowd.stage, crowd.hands
    name = crowd.rng.choice("钱孙李周吴郑") + "某某"
    chief, handler = stage.holder(f"room_head@{body}/supervision1"), hands.staff("handler", f"{body}/supervision1")
    with stage.acts(chief):
        case = leads.register(leads.NewMatter("case", f"{name}涉嫌受贿案", stage.body(body), stage.room(f"{body}/supervision1"),
                                              (leads.Subject(name, unit_name="某局", post="副局长"),), source="supervision"))
        moves.make(case, "submit", form=("filing", {"subject": name, "facts": "收受管理服务对象财物，有书证和证人证言。", "sides": "both", "central_unit": False, "filed_on": hands.day()}))
    hands.ask(handler, case.id, "file", {"sides": "both"}, reason="主要事实清楚")


def rights_matter(crowd: Crowd, number: int, subject: str) -> None:
    """Something a person under measure handed in, received by someone outside the team, with a receipt and its own clock."""
    stage, hands = crowd.stage, crowd.hands
    with stage.acts("yj-rights"):
        matter = leads.register(leads.NewMatter("rights_intake", subject, stage.body("yj"), stage.room("yj/internal"), (leads.Subject("韦某某", unit_name="某公司"),)))
        if number < 4:
            kind = "vary" if number == 0 else "other"
            moves.make(matter, "register", form=("intake", {"person": "韦某某", "by": "kin" if number % 2 else "self", "kind": kind, "text": f"{subject}，理由见附页。",
                                                            "received_at": hands.clock().isoformat(), "oral": False}))
            moves.make(Matter.objects.get(pk=matter.pk), "to_vary" if kind == "vary" else "to_other")


def channel(crowd: Crowd, unit: str, caller: str, number: int) -> None:
    """A call through the green channel that waits for the duty officer, or is open already."""
    stage, hands = crowd.stage, crowd.hands
    name = crowd.rng.choice("姜戚谢邹") + "某某"
    with stage.acts("chief3"):
        found = leads.register(leads.NewMatter("green_channel", f"绿色通道：{stage.world_name(caller)}请求协助", stage.body("yj"), stage.room("yj/supervision3"),
                                               (leads.Subject(name, unit_body=stage.body(unit), post="业务主管"),), source="phone", urgent=True, parties={"caller": (stage.body(caller),)}))
    opening = hands.ask("chief3", found.id, "open", {"caller": caller}, reason="来电请求协助", urgent=True)
    if number:
        hands.sign("yj-duty", opening)
        hands.step("chief3", found.id, "open", form=("call", {"caller": stage.world_name(caller), "unit": str(stage.body(unit)), "subject": name, "urgent": "证据可能灭失，请求当日协助。"}))


def assistance(crowd: Crowd, body: str, what: str) -> None:
    """A request for assistance between districts that waits for its approval."""
    stage, hands = crowd.stage, crowd.hands
    chief = stage.holder(f"room_head@{body}/supervision1")
    with stage.acts(chief):
        found = leads.register(leads.NewMatter("assistance_request", f"协查：{what}", stage.body(body), stage.room(f"{body}/supervision1"),
                                               (leads.Subject("童某某", unit_name="某公司"),), parties={"helper": (stage.body("jiuqu"),)}))
        moves.make(found, "submit", form=("request", {"kind": "evidence", "known": "已掌握基本情况", "items": [{"class": "other", "what": what}], "why_not_self": "不在本地",
                                                      "basis": "监察法实施条例协作条款", "due_on": "2026-03-30", "bank_columns": False}))
    hands.ask(hands.staff("handler", f"{body}/supervision1"), found.id, "ask", {"to": stage.body("jiuqu")})


def small_matters(crowd: Crowd, body: str) -> None:
    """Names to clear, recusals to decide, people to be sent: one of each, just begun."""
    stage = crowd.stage
    with stage.acts(stage.holder(f"room_head@{body}/supervision1")):
        for kind, title in (("exoneration", "为受到不实反映的干部澄清正名"), ("recusal_decision", "一名承办人是否回避"), ("joint_case", "与驻在机构联合办案：线索共研")):
            parties = {"partner": (stage.body("icb-dc"),)} if kind == "joint_case" else {}
            matter = leads.register(leads.NewMatter(kind, title, stage.body(body), stage.room(f"{body}/supervision1"), (leads.Subject("祝某某", unit_body=stage.body("tax")),), parties=parties))
            if kind == "recusal_decision":
                grants.raise_recusal(matter.id, stage.person(crowd.hands.staff("handler", f"{body}/supervision1")), ground="former_employer", reason="曾在对象单位工作")
