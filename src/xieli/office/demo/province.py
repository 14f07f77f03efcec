"""What the leader of the province sees of his own house this year: leads closed and shelved, one checked and filed, problems put right, a class.

Through the services, as the persons whose work it is; few acts.
"""
from __future__ import annotations

from xieli.office.demo.crowd import Crowd
from xieli.office.matters.services import approvals, leads, moves, people
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter

CHIEF, HEAD, DUTY, HANDLER, SECOND = "chief3", "yj-head", "yj-duty", "yj-handler", "ins-head"
ROUND, DEPTHS = 4, (7, 7, 7, 6, 5)  # in that round of the surroundings the commission's own leads go further
# text, kind, what the unit reports as done (empty: still at work)
PROBLEMS = (("补贴名册未按时公示", "公示不及时", "每季度首月五日前在公示栏和网站同步公示，已补公示三个季度"), ("采购验收两人变一人", "验收不规范", "验收单改为双人签字，后勤与财务各执一联，抽查四十一批全部合规"),
            ("信访件超期未复", "答复超期", ""))
OUTCOME = {"unfounded": False, "clear_name": "not_unfounded", "result": "问题轻微，已由所在单位批评教育，予以了结。"}


def close_leads(crowd: Crowd) -> int:
    """Every lead of the commission that was decided to be closed gets its sheet and its answer, and ends. Returns how many."""
    day, stage = crowd.hands.day(), crowd.stage
    with stage.acts(CHIEF):
        ready = list(Matter.objects.filter(kind="lead", owner_body_id=stage.body("yj"), stages__contains=["closing"]).values_list("id", flat=True))
        for lead in ready:
            moves.make(Matter.objects.get(pk=lead), "confirm", form=("closing", {**OUTCOME, "closed_on": day}))
    with stage.acts(DUTY):
        for lead in ready:
            moves.make(Matter.objects.get(pk=lead), "finish")
    return len(ready)


def start_check(crowd: Crowd) -> int:
    """The commission's own newest lead whose disposal waits for the head goes into verification by two. Returns the lead."""
    hands, stage = crowd.hands, crowd.stage
    with stage.acts(HEAD):
        waiting = Approval.objects.filter(matter__owner_body_id=stage.body("yj"), matter__kind="lead", act="disposal", state="pending", what__way="preliminary_check").order_by("-requested_at")
        approval = next(a for a in waiting if not a.steps.filter(decision="").exclude(office_code="head").exists())
        approvals.decide(approval, "approved")
        lead = int(approval.matter_id)
        moves.make(Matter.objects.get(pk=lead), "do_check")
    hands.approved(CHIEF, lead, "check_start", HEAD)
    with stage.acts(DUTY):  # case management keeps the lead's circle
        for person, slot in ((HANDLER, "leader"), (hands.staff("handler", "yj/supervision3", 1), "members")):
            people.join_team(Matter.objects.get(pk=lead), stage.person(person), slot)
    hands.step(HANDLER, lead, "start_check", form=("check_plan", {"scope": "核对补贴花名册和领取记录", "until": "2026-04-10", "safety": "外围核查，不接触本人。"}))
    return lead


def file_case(crowd: Crowd, lead: int) -> None:
    """What was verified is filed as a case."""
    hands = crowd.hands
    hands.step(HANDLER, lead, "finish_check", form=("check_report", {"proposal": "file", "all_signed": True, "unfounded": False, "findings": "花名册与领取记录、证人证言相互印证。", "signed_on": hands.day()}))
    hands.approved(CHIEF, lead, "check_result", HEAD)
    hands.step(HEAD, lead, "file")


def put_right(crowd: Crowd) -> None:
    """Three problems listed, two signed off by two bodies, the third still with its unit."""
    stage, hands = crowd.stage, crowd.hands
    day, unit, second = hands.day(), str(stage.body("edu")), str(stage.body("yj-ins"))
    listed: list[tuple[int, str]] = []
    with stage.acts(HANDLER):
        for text, kind, done in PROBLEMS:
            matter = leads.register(leads.NewMatter("rectification", text, stage.body("yj"), stage.room("yj/supervision3")))
            moves.make(matter, "enter", form=("problem", {"unit": unit, "reviewer_body": second, "source": "check", "kind": kind, "key": False, "text": text, "raiser_known": False, "found_on": day, "due_on": "2026-05-20"}))
            listed.append((int(matter.id), done))
    verdict = {"verdict": "sign_off", "claimed_found": "台账与现场一致"}
    with stage.acts(hands.staff("handler", "edu")):
        for number, (problem, done) in enumerate(listed):
            matter = Matter.objects.get(pk=problem)
            moves.make(matter, "planned", form=("measures", {"rows": [{"text": "建立台账，专人负责", "owner": "办公室主任", "due_on": "2026-04-10"}]}))
            if done:
                moves.make(matter, "answered", form=("answerability", {"needed": False}))
                moves.make(matter, "report", form=("effect", {"measurable": True, "results": [{"kind": "按时办理", "unit": "件", "before": 0, "after": 40 + number, "proof": "台账"}],
                                                              "account": done, "evidence": [{"digest": f"{number}c" * 16, "kind": "photo", "taken_on": day}]}))
    finished = [problem for problem, done in listed if done]
    for person, steps in ((HANDLER, (("to_review", None), ("reviewed", ("review", verdict)))), (SECOND, (("co_reviewed", ("co_review", verdict)),)),
                          (HANDLER, (("agree_sign_off", None), ("told", ("told", {"told": False, "reason": "检查中发现，无反映人", "told_on": day}))))):
        with stage.acts(person):
            for problem in finished:
                for move, form in steps:
                    moves.make(Matter.objects.get(pk=problem), move, form=form)


def train(crowd: Crowd) -> None:
    """One class of the year with who came."""
    stage, hands = crowd.stage, crowd.hands
    bodies = ("yj", "yj-ins", "linjiang", "wuchuan", "zhongyue")
    came = [HANDLER, "yj-clerk", "ins-leader", *(hands.staff("handler", f"{b}/supervision1") for b in bodies[2:]), *(hands.staff("clerk", f"{b}/case") for b in bodies[2:])]
    with stage.acts(HANDLER):
        matter = leads.register(leads.NewMatter("training", "“纪巡审”干部集中学习培训班", stage.body("yj"), stage.room("yj/supervision3"), level=0))
        moves.make(matter, "packaged", form=("survey", {"answers": 100, "gaps": [{"topic": "证据固定", "votes": 61}, {"topic": "谈话", "votes": 44}]}))
        moves.make(matter, "call", form=("plan", {"form": "topic", "on": hands.day(), "hours": 8, "bodies": [{"attending": str(stage.body(b)), "places": 4} for b in bodies],
                                                  "lecturers": [{"lecturer_of": str(stage.body("yj")), "topic": "证据固定"}]}))
        moves.make(matter, "more", form=("attendance", {"on": hands.day(), "rows": [{"person": str(stage.person(p)), "scope": "core", "proof": "签到"} for p in came]}))


def hand_down(crowd: Crowd) -> None:
    """What the head himself passes to the district that is competent: two accepted, one sent back with its reason."""
    crowd.parcel(HEAD, "yj", "linjiang", "领导交办：物业维修资金使用不明", crowd.accept("linjiang"))
    crowd.parcel(HEAD, "yj", "fuyuan", "领导交办：机耕道工程质量问题", crowd.accept("fuyuan"))
    crowd.parcel(HEAD, "yj", "nanqiao", "领导交办：街道采购问题", crowd.step("nanqiao", ("opened", {}), ("returned", {"reason": "对象已调离本区，由现任职单位所在区管辖"})))
