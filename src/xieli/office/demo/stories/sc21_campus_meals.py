"""SC-21 校园餐：从案到面: typical cases are filed with a plan for the whole article; then three departments sweep every school, and what
they find is routed and put right until the list is closed."""
from __future__ import annotations

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre

STORY = ("SC-21", "校园餐：从一案到一域", "Campus meals: from a case to the whole field")
BEGINS = "2026-03-03 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"
SCHOOLS = [f"第{n}中学" for n in range(1, 13)]


def play(stage: Theatre) -> None:
    """The case, the register, the sweep, the list."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    the_case(hands)
    sweep = the_sweep(hands)
    put_right(hands, sweep)


def the_case(hands: Officers) -> None:
    """Filing asks for four threads: investigation, remedy, supervision, education."""
    stage = hands.stage
    case = hands.open(WHO, "after_case", "校园食堂采购案后半篇", owner="yj", room=ROOM)
    threads = dict.fromkeys(("investigation", "remedy", "supervision", "education", "ecology"), "按岗位和流程查找短板")
    plan = {"unit": hands.body("edu"), "tag": "校园餐", **threads}
    code = hands.refuses(WHO, case, "planned", ("plan", {k: v for k, v in plan.items() if k != "education"}))
    stage.check("立案谋划缺一条线，不能往下走", "A plan that lacks a thread goes no further", code == "required")
    hands.step(WHO, case, "planned", form=("plan", plan))
    stage.check("典型案例立案时就有四条线的谋划", "The case has the plan of four threads from its filing", hands.facts(WHO, "after_case.tag", case) == ["校园餐"])


def the_sweep(hands: Officers) -> int:
    """The list of the sweep is the register of schools; three departments carry it."""
    stage = hands.stage
    sweep = hands.open(WHO, "sweep", "校园食堂拉网排查", owner="yj", room=ROOM, level=0)
    owners = ("edu", "health", "market")
    rows = [{"object": s, "department": hands.body(owners[n % 3]), "listed": 10_000} for n, s in enumerate(SCHOOLS)]
    hands.step(WHO, sweep, "start", form=("register", {"kind": "school", "rule": "索证不全、价格高于市场均价即列", "rows": rows}))
    stage.check("应查数就是学校名册", "What must be checked is the register of schools", hands.facts(WHO, "sweep.expected", sweep) == [len(SCHOOLS)])
    stage.at("2026-03-20 16:00")
    found = [{"object": s, "checked_on": hands.day(), "listed": 10_000, "actual": 10_000, **({"problem": "索证不全"} if n < 3 else {})} for n, s in enumerate(SCHOOLS)]
    hands.step(hands.staff("handler", "edu"), sweep, "more", form=("found", {"rows": found[:9]}))
    stage.check("还有三所没查到，列得出来", "Three schools not reached yet are told", hands.facts(WHO, "sweep.left", sweep) == [3])
    stage.check("没有查完，不能报全覆盖", "Before all are reached it is not fully covered", hands.refuses(WHO, sweep, "covered") == "guard_field")
    hands.step(WHO, sweep, "covered", form=("found", {"rows": found}))
    stage.check("全部学校查到", "All schools were reached", hands.facts(WHO, "sweep.left", sweep) == [0] and hands.outcomes(WHO, sweep) == ["covered"])
    hands.step(WHO, sweep, "route", form=("problems", {"rows": [{"title": f"{s}：索证不全"} for s in SCHOOLS[:3]]}))
    stage.check("问题逐个转整改", "Each problem goes to rectification", len(hands.children(WHO, sweep, "rectification")) == 3)
    return sweep


def put_right(hands: Officers, sweep: int) -> None:
    """Each problem ends on its own; only then the list closes."""
    stage = hands.stage
    one, *rest = hands.children(WHO, sweep, "rectification")
    stage.check("问题未销号，排查不能结束", "With a problem open the sweep does not end", hands.refuses(WHO, sweep, "close", done(hands)) == "guard_children")
    sign_off(hands, one, "edu")
    for other in rest:
        hands.step(WHO, other, "same_problem", reason="与第一中学同一供应商，并入同一问题整改")
    hands.step(WHO, one, "holds", form=("recheck", {"seed": "2026-1", "verdict": "holds", "checked_on": hands.day()}))
    hands.step(WHO, sweep, "close", form=done(hands))
    stage.check("清单逐项了结，排查结束", "Item by item the list is closed, and the sweep ends", hands.at(WHO, sweep) == ["closed"])


def done(hands: Officers) -> tuple[str, dict[str, object]]:
    """The three schools, each with its proof."""
    return ("done", {"rows": [{"object": s, "done_on": hands.day(), "proof": "整改事项已销号或并入"} for s in SCHOOLS[:3]]})


def sign_off(hands: Officers, matter: int, unit: str) -> None:
    """One problem from its entry to sign-off by two bodies."""
    officer = hands.staff("handler", unit)
    hands.step(WHO, matter, "enter", form=("problem", {"unit": hands.body(unit), "reviewer_body": hands.body("yj-ins"), "source": "check", "kind": "索证不全", "key": False, "text": "进货索证不全",
                                                       "raiser_known": False, "found_on": hands.day(), "due_on": "2026-05-20"}))
    hands.step(officer, matter, "planned", form=("measures", {"rows": [{"text": "统一索证", "owner": "后勤副校长", "due_on": "2026-04-10"}]}))
    hands.step(officer, matter, "answered", form=("answerability", {"needed": False}))
    hands.step(officer, matter, "report", form=("effect", {"measurable": True, "results": [{"kind": "索证齐全批次", "unit": "批", "before": 0, "after": 40, "proof": "台账"}], "account": "统一采购平台上线，逐批留证",
                                                           "evidence": [{"digest": "5c" * 16, "kind": "photo", "taken_on": hands.day()}]}))
    hands.step(WHO, matter, "to_review")
    verdict = {"verdict": "sign_off", "claimed_found": "台账与现场一致"}
    hands.step(WHO, matter, "reviewed", form=("review", verdict))
    hands.step("ins-head", matter, "co_reviewed", form=("co_review", verdict))
    hands.step(WHO, matter, "agree_sign_off")
    hands.step(WHO, matter, "told", form=("told", {"told": False, "reason": "检查中发现，无反映人", "told_on": hands.day()}))
