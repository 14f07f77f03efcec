"""SC-15 巡察线索全周期: 69 leads received and 38 closed, 55 per cent; first feedback in six months, then half-yearly; two ledgers reconciled."""
from __future__ import annotations

from datetime import date

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import reconcile
from xieli.office.matters.services import approvals, handover, leads, moves
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.reports import services as reports

STORY = ("SC-15", "巡察线索全周期", "The whole life of a lead from inspection")
BEGINS = "2025-08-31 09:00"
SENT, CLOSED = 69, 38
TERM = Period(date(2025, 1, 1), date(2026, 12, 31))
CHIEF, HEAD, DEPUTY = "chief3", "yj-head", "yj-deputy"


def play(stage: Theatre) -> None:
    """Found, handed over, in the ledger, worked on, told back; what is overdue is listed."""
    stage.start_at(BEGINS)
    ins.post(stage, ins.MEMBER, "yj-ins")
    matter = ins.open_round(stage, "五届第八轮", ins.plan_of(stage, "yj", "五届第八轮", "国企", [{"unit": "渝江交投", "included": True}]))
    ins.form_group(stage, matter)
    ins.enter(stage, matter)
    titles = [f"巡察线索{n + 1:02d}" for n in range(SENT)]
    reconcile_ledgers(stage, matter, titles)
    stage.at("2025-09-01 09:00")
    close_some(stage, stage.made["leads"][:CLOSED])
    figures(stage)
    feedback(stage)


def reconcile_ledgers(stage: Theatre, matter: int, titles: list[str]) -> None:
    """The office says 69; the case room's ledger has 68: the missing one is named, then handed over as well."""
    found = ins.hand_over(stage, titles[:-1], "yj", ins.DUTY, "yj/supervision3")
    with stage.acts(ins.DUTY):
        ledger = list(Matter.objects.filter(pk__in=found).values_list("title", flat=True))
    gap = reconcile.compare(titles, ledger)
    stage.check("巡察方说 69 条、台账 68 条：缺的一条点名", "Inspection says 69, the ledger has 68: the missing one is named", gap.only_first == [titles[-1]] and gap.only_second == [])
    found += ins.hand_over(stage, titles[-1:], "yj", ins.DUTY, "yj/supervision3")
    with stage.acts(ins.DUTY):
        ledger = list(Matter.objects.filter(pk__in=found).values_list("title", flat=True))
    stage.check("补移之后两本台账一致", "After it was handed over the two ledgers agree", reconcile.compare(titles, ledger).agree)
    stage.made["leads"] = found


def close_some(stage: Theatre, found: list[int]) -> None:
    """Each by the whole way: accepted, assigned, opinion, approved, closing sheet, told back."""
    def every(person: str, move: str, form: tuple[str, dict[str, object]] | None = None) -> None:
        with stage.acts(person):
            for one in found:
                moves.make(Matter.objects.get(pk=one), move, form=form)

    def approved(asker: str, act: str, *signers: str) -> None:
        with stage.acts(asker):
            asked = [int(approvals.request(Matter.objects.get(pk=one), act, {}, reason="").id) for one in found]
        for signer in signers:
            with stage.acts(signer):
                for one in asked:
                    approvals.decide(Approval.objects.get(pk=one), "approved", reason="")

    registration = {"subject": "某某", "unit": str(stage.body("housing")), "source": "inspection", "named": False, "first_time": True, "received_on": "2025-08-31",
                    "kinds": ["conduct"], "summary": "巡察中发现的问题，书证齐全，指向明确。", "acceptable": "accept", "priority": ["inspection"]}
    with stage.acts(ins.DUTY):
        for one in found:
            leads.ensure_begun(Matter.objects.get(pk=one))
    jumped = Hands(stage).refused(ins.DUTY, lambda: moves.make(Matter.objects.get(pk=found[0]), "finish"))
    stage.check("线索不能跳过环节", "A lead does not jump a stage", bool(jumped))
    every(ins.DUTY, "accept", ("registration", registration))
    approved(ins.DUTY, "assign", HEAD)
    every(HEAD, "assign")
    every(CHIEF, "propose", ("opinion", {"way": "close", "reasons": "经核查不构成违纪违法，已当面提醒。", "study": False, "report_up": False, "proposed_on": "2025-09-01"}))
    approved(CHIEF, "disposal", DEPUTY, HEAD)
    every(HEAD, "do_close")
    every(CHIEF, "confirm", ("closing", {"unfounded": False, "clear_name": "not_unfounded", "result": "了结", "closed_on": "2025-09-01"}))
    early = Hands(stage).refused(ins.DUTY, lambda: moves.make(Matter.objects.get(pk=found[0]), "finish"))
    stage.check("没有向巡察机构反馈，不能办结", "Without an answer to the inspection office it is not closed", early == "feedback_owed")
    with stage.acts(ins.DUTY):
        for duty in FeedbackDuty.objects.filter(matter_id__in=found, state="open"):
            handover.give(duty, "经核查予以了结，已当面提醒。", final=True, outcome_class="closed")
    every(ins.DUTY, "finish")


def figures(stage: Theatre) -> None:
    """69, 38, 55 per cent, from the rows; the open ones by age."""
    with stage.acts(ins.DUTY):
        received, closed, rate = (reports.figure(code, TERM) for code in ("leads_received", "leads_closed", "lead_closure_rate"))
        behind = reports.rows_behind("leads_open", TERM)
    stage.check("由记录算出：69 条、38 条、55%", "Counted from records: 69, 38, 55 per cent", (received.number, closed.number) == (SENT, CLOSED) and rate.text() == "55%")
    stage.check("未办结的 31 条逐条列出", "The 31 open ones are listed one by one", behind.counted == SENT - CLOSED)
    for name, en, figure, unit in (("收到巡察移交线索", "leads received", received, "条"), ("已办结", "closed", closed, "条"), ("办结率", "share closed", rate, "%")):
        stage.figure(name, en, float(figure.number or 0), unit)


def feedback(stage: Theatre) -> None:
    """31 August plus six months is the last day of February; what is overdue is red; nothing more is due once it is closed."""
    some = stage.made["leads"][CLOSED]
    with stage.acts(ins.DUTY):
        duty = FeedbackDuty.objects.get(matter_id=some, handover__isnull=False)
        stage.check("8 月 31 日收到，首次反馈到次年 2 月 28 日", "Received on 31 August, first feedback due on 28 February", duty.first_due == date(2026, 2, 28))
    stage.at("2026-03-02 09:00")
    with stage.acts(ins.DUTY):
        overdue = reconcile.overdue_feedback(stage.body("yj-ins"), date(2026, 3, 2))
        stage.check("逾期反馈清单列出 31 条未办结的，已办结的不再要求", "The overdue list names the 31 open ones; nothing more is due on the closed", {d.matter_id for d in overdue} == set(stage.made["leads"][CLOSED:]))
        handover.give(FeedbackDuty.objects.get(pk=duty.pk), "正在初核")
        again = FeedbackDuty.objects.get(pk=duty.pk)
        stage.check("反馈之后，下一次是 8 月 31 日，不漂到 28 日", "After an answer the next is due on 31 August, not on the 28th", again.next_due == date(2026, 8, 31))
        lists = reconcile.without(stage.made["leads"])
    stage.check("没有结果、没有回音的分开列出", "Those without a result and those without an echo are separate lists", len(lists.result) == SENT - CLOSED and len(lists.echo) == SENT - CLOSED - 1)
