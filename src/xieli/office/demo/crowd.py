"""The province around the stories: leads in every stage and body, hand-overs in every state, answers due and overdue.

Everything goes through the services with real events, as persons with their own sessions. Few sessions, many acts in each:
a round of one body is at most six transactions. The same numbers every time (a fixed seed).
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.demo.world import CENTRAL, OUTER
from xieli.office.matters.services import approvals, handover, leads, moves, tasks
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
ABOUT = (("虚报冒领{what}", "ghost_claim", ("种粮补贴", "危房改造补助", "公益岗位补贴", "退耕还林款")), ("在{what}中收受好处", "bid_rigging", ("道路工程", "校服采购", "食堂承包", "设备采购")),
         ("截留{what}", "withholding", ("集体收益", "村级经费", "帮扶资金")), ("办理{what}时吃拿卡要", "extortion", ("低保", "宅基地审批", "检验检测")),
         ("为亲友承揽{what}", "favoured_kin", ("绿化工程", "物业服务", "劳务派遣")), ("作风问题：{what}", "conduct", ("推诿扯皮", "公车私用", "违规吃喝")))
POSTS = ("科长", "副科长", "村支书", "会计", "站长", "校长", "主任", "处长")
SOURCES = ("petition", "petition", "petition", "supervision", "audit", "department", "inspection")

# when, how many leads per body in that round, how far each goes: 0 registered … 6 disposed, 7 closed for certain
ROUNDS: tuple[tuple[str, int, tuple[int, ...]], ...] = (
    ("2025-10-20 09:10", 4, (6, 6, 5, 3)), ("2025-12-08 09:20", 5, (6, 6, 6, 3)), ("2026-01-19 09:30", 6, (6, 3, 5)), ("2026-02-09 10:00", 8, (5, 4, 2, 1)),
    ("2026-02-26 09:00", 10, (3, 4, 1, 0)), ("2026-03-09 09:40", 12, (1, 2, 3, 0, 0, 0)), ("2026-03-11 14:00", 16, (0, 0, 1, 2, 0)),
)


@dataclass
class Crowd:
    """The stage, the hands, and a memory of what was made."""

    stage: Theatre
    rng: Random = field(default_factory=lambda: Random(20260317))
    open_leads: dict[str, list[int]] = field(default_factory=dict)

    @property
    def hands(self) -> Hands:
        return Hands(self.stage)

    def bodies(self) -> list[tuple[str, str]]:
        """Commissions and the room that works: the province first, then its districts and counties."""
        return [("yj", "yj/supervision3"), *((en.split()[0].lower(), f"{en.split()[0].lower()}/supervision1") for _, en in (*CENTRAL, *OUTER))]

    # ── leads ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def round_of_leads(self, body: str, room: str, depths: tuple[int, ...], days_ago: int) -> None:
        """One body's round: registered, accepted, assigned, proposed, approved, disposed — each lead as deep as told."""
        hands, stage = self.hands, self.stage
        duty, head = hands.staff("case_duty", f"{body}/case"), stage.holder(f"head@{body}")
        chief, deputy = stage.holder(f"room_head@{room}"), stage.holder(f"deputy@{body}")
        received = (hands.clock() - timedelta(days=days_ago)).strftime("%Y-%m-%d")
        made: list[tuple[int, int]] = []
        asked: dict[int, int] = {}
        with stage.acts(duty):
            for depth in depths:
                lead = self._register(body, room, received, depth)
                if depth >= 2:
                    asked[lead] = approvals.request(Matter.objects.get(pk=lead), "assign", {"room": stage.room(room)}).id
                made.append((lead, depth))
        self.open_leads.setdefault(body, []).extend(lead for lead, depth in made if depth == 0)
        deep = [lead for lead, depth in made if depth >= 3]
        if deep:
            with stage.acts(head):
                for lead in deep:
                    approvals.decide(Approval.objects.get(pk=asked[lead]), "approved")
                    moves.make(Matter.objects.get(pk=lead), "assign")
        proposed = [(lead, depth) for lead, depth in made if depth >= 4]
        if not proposed:
            return
        with stage.acts(chief):
            for lead, depth in proposed:
                way = "close" if depth == 7 else "shelve" if depth == 6 and self.rng.random() < 0.5 else "close" if depth == 6 else "preliminary_check"
                matter = Matter.objects.get(pk=lead)
                moves.make(matter, "propose", form=("opinion", {"way": way, "reasons": "经研判，反映内容具体程度和可查性如附件所述。", "study": False, "report_up": False,
                                                                "proposed_on": hands.day()}))
                asked[lead] = approvals.request(matter, "disposal", {"way": way}).id
        self._dispose(proposed, asked, deputy, head)

    def _dispose(self, proposed: list[tuple[int, int]], asked: dict[int, int], deputy: str, head: str) -> None:
        signed = [(lead, depth) for lead, depth in proposed if depth >= 5]
        if signed:
            with self.stage.acts(deputy):
                for lead, _ in signed:
                    approvals.decide(Approval.objects.get(pk=asked[lead]), "approved")
        done = [lead for lead, depth in signed if depth >= 6]
        if done:
            with self.stage.acts(head):
                for lead in done:
                    approval = Approval.objects.get(pk=asked[lead])
                    approvals.decide(approval, "approved")
                    moves.make(Matter.objects.get(pk=lead), "do_shelve" if approval.what["way"] == "shelve" else "do_close")

    def _register(self, body: str, room: str, received: str, depth: int) -> int:
        stage, rng = self.stage, self.rng
        words, kind, things = rng.choice(ABOUT)
        name = rng.choice(SURNAMES) + "某某"
        unit = rng.choice(["finance", "agri", "health", "edu", "housing", "police", "market"]) if body == "yj" else rng.choice(["wenshan", "fengdeng", "changle", "shixi"]) \
            if body == "zhongyue" else None
        subject = leads.Subject(name, unit_body=stage.body(unit) if unit else None, unit_name="" if unit else f"{stage.world_name(body)}某单位", post=rng.choice(POSTS))
        what = words.format(what=rng.choice(things))
        source = rng.choice(SOURCES)
        matter = leads.register(leads.NewMatter("lead", f"反映{name}{what}", stage.body(body), stage.room(room), (subject,), source=source, urgent=rng.random() < 0.06))
        if depth >= 1:
            named = rng.random() < 0.3
            moves.make(matter, "accept_named" if named else "accept", form=("registration", {
                "subject": name, "unit": str(stage.body(unit or body)), "source": source, "named": named, "first_time": True, "received_on": received, "kinds": [kind],
                "summary": f"反映{name}{what}，附有部分线索材料。", "acceptable": "accept"}))
        return int(matter.id)

    # ── hand-overs ─────────────────────────────────────────────────────────────────────────────────────────────────
    def parcel(self, sender: str, body: str, receiver: str, title: str, ladder: Callable[[int], None] | None = None) -> int:
        """A lead of one body handed to another; `ladder` takes it on from there. Returns the hand-over."""
        stage = self.stage
        with stage.acts(sender):
            matter = leads.register(leads.NewMatter("lead", title, stage.body(body), None, (leads.Subject(self.rng.choice(SURNAMES) + "某某", unit_name="某单位", post="科长"),),
                                                    source="handover"))
            found = handover.send(matter, stage.body(receiver), reason="按管理权限由接收方管辖", document_no=f"移〔2026〕{self.rng.randint(1, 90)}号").id
        if ladder:
            ladder(found)
        return int(found)

    def step(self, receiver: str, *steps: tuple[str, dict[str, Any]]) -> Callable[[int], None]:
        """What the receiving body's case-management officer does with a parcel."""
        def go(parcel: int) -> None:
            with self.stage.acts(self.hands.staff("case_duty", f"{receiver}/case")):
                for verdict, options in steps:
                    handover.step(Handover.objects.get(pk=parcel), verdict, **options)
        return go

    def accept(self, receiver: str) -> Callable[[int], None]:
        return self.step(receiver, ("opened", {}), ("accepted", {}))

    def answer(self, parcel: int, receiver: str, text: str, final: bool) -> None:
        """The receiver reports back."""
        with self.stage.acts(self.hands.staff("case_duty", f"{receiver}/case")):
            duty = FeedbackDuty.objects.get(handover_id=parcel, state="open")
            handover.give(duty, text, final=final, outcome_class="handled" if final else "")
            handover.tell_sender(Handover.objects.get(pk=parcel), "answered" if final else "verifying", "")

    def give_tasks(self) -> None:
        """A few things to do on the leads of the rooms."""
        todo = ("核对补贴花名册", "约谈知情人", "调取采购档案", "补充银行流水说明", "走访三户群众", "起草情况报告")
        for body, found in sorted(self.open_leads.items()):
            with self.stage.acts(self.hands.staff("case_duty", f"{body}/case")):
                for number, lead in enumerate(found[:2]):
                    tasks.assign(Matter.objects.get(pk=lead), self.rng.choice(todo), body=self.stage.body(body), due_on=(self.hands.clock() + timedelta(days=3 * number - 2)).date())
