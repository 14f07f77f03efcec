"""SC-26 同题共答: no case is filed away before one recommendation, one reflection and one four-talks exist; the unit's leaders of that day
answer four questions; a system that two recommendations brought about counts once."""
from __future__ import annotations

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import forms, leads
from xieli.office.matters.services.recorded import leaders, products_missing
from xieli.office.matters.tables.core import Matter

STORY = ("SC-26", "同题共答：一份建议、一轮反思、一次四说", "One question, joint answers: a recommendation, a reflection, four talks")
BEGINS = "2026-03-03 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"


def play(stage: Theatre) -> None:
    """From the note at the case's start to the archive."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    unit = hands.staff("handler", "finance")
    case = threads(hands, unit)
    letter = recommendation(hands, case)
    archive_waits(hands, case)
    reflection(hands, case, unit)
    back_and_used(hands, letter, unit)
    filed_away(hands, case)
    systems(hands)


def threads(hands: Officers, unit: str) -> int:
    """At filing the unit's ecology is noted; after adjudication remedy, supervision and education begin."""
    stage = hands.stage
    case = hands.open(WHO, "after_case", "某局工程案后半篇", owner="yj", room=ROOM)
    words = dict.fromkeys(("investigation", "remedy", "supervision", "education", "ecology"), "写岗位和过程")
    code = hands.refuses(WHO, case, "planned", ("plan", {"unit": hands.body("finance"), **{k: v for k, v in words.items() if k != "ecology"}}))
    stage.check("立案时没有政治生态研判，不能往下走", "Without the note on the unit's ecology the case goes no further", code == "required")
    hands.step(WHO, case, "planned", form=("plan", {"unit": hands.body("finance"), "tag": "工程", **words}))
    stage.at("2026-04-01 09:00")
    hands.step(WHO, case, "adjudicated")
    hands.step(WHO, case, "remedied", form=("weaknesses", {"rows": [{"title": "拨付无复核", "level": "unit", "field": "rules"}], "recommendation_no": "建〔2026〕1号", "issued_on": hands.day()}))
    hands.step(WHO, case, "supervised", form=("follow_up", {"text": "纳入季度监督", "on": hands.day()}))
    hands.step(unit, case, "committee_met", form=("committee_meeting", {"on": hands.day(), "duty": "缺位", "rules": "缺失", "control": "失灵", "measures": []}))
    stage.check("党委的会替代不了纪检机构的会", "The committee's meeting does not replace the organ's", hands.at(WHO, case) == ["organ"] or "organ" in hands.at(WHO, case))
    hands.step(unit, case, "organ_met", form=("organ_meeting", {"on": hands.day(), "supervision": "日常监督未发现"}))
    hands.step(WHO, case, "talked", form=("talks", {"moral": "一", "discipline": "二", "law": "三", "duty": "四", "on": hands.day(), "masked": True}))
    return case


def recommendation(hands: Officers, case: int) -> int:
    """The recommendation that the case brought about: numbered, with items and due dates."""
    (letter,) = hands.children(WHO, case, "recommendation")
    hands.step(WHO, letter, "surveyed", form=("survey", {"unit": hands.body("finance"), "origin": "case", "consulted_on": hands.day(), "risks": [{"code": "1", "kind": "gap", "text": "拨付无复核", "source": "案卷"}]}))
    item = {"title": "建立拨付复核制度", "risk": "1", "owner": "分管副局长", "due_on": "2026-05-15", "tripwire": "每季抽查二十笔"}
    hands.step(WHO, letter, "submit", form=("letter", {"items": [item], "traced": True, "due_on": "2026-05-15"}))
    with hands.stage.acts(WHO):
        before = products_missing(Matter.objects.get(pk=case))
    hands.stage.check("建议书没有签发，就还不算一份", "A recommendation that is not issued does not count yet", before == ["recommendation", "reflection"])
    hands.approved(WHO, letter, "issue", "yj-deputy")
    hands.step(WHO, letter, "issue")
    return letter


EFFECTS = ("effects_form", {"political": "好", "legal": "好", "social": "好", "thread_done": True})


def archive_waits(hands: Officers, case: int) -> None:
    """Two of three are not three."""
    with hands.stage.acts(WHO):
        missing = products_missing(Matter.objects.get(pk=case))
    code = hands.refuses(WHO, case, "archive", EFFECTS)
    hands.stage.check("三样缺一样，不能归档，缺的点名", "With one of the three missing it is not filed away, and the missing one is named", (code, missing) == ("guard_field", ["reflection"]))


def reflection(hands: Officers, case: int, unit: str) -> None:
    """Who led the unit on that day comes from the postings; nobody may be left out, nobody's answer may be missing."""
    stage = hands.stage
    (asked,) = hands.children(WHO, case, "reflection")
    from datetime import date

    with stage.acts(WHO):
        posts = [p.office.title_zh for p in leaders(stage.body("finance"), date(2025, 12, 1))]
    listed = {"unit": hands.body("finance"), "case_on": "2025-12-01", "decided": True}
    stage.check("当日在任的班子成员由任职记录得出", "Who led the unit on that day comes from the postings", len(posts) >= 1)
    hands.step(WHO, asked, "ask", form=("list", {**listed, "people": [{"post": p} for p in posts]}))
    one = {"common": "同在审批岗", "cause": "监督弱", "risk": "拨付", "will": "复核"}
    bad = hands.refuses(unit, asked, "close", ("answers", {"rows": [{"post": posts[0], **{k: v for k, v in one.items() if k != "will"}}]}))
    stage.check("四问缺一问，不算作答", "Three answers of four are none", bad == "required")
    hands.step(unit, asked, "close", form=("answers", {"rows": [{"post": p, **one} for p in posts]}))
    stage.check("答卷只有指定的人看得到", "Answers are read by the named readers only", not stage.sees(hands.staff("handler", "edu"), asked))


def back_and_used(hands: Officers, letter: int, unit: str) -> None:
    """Rectified, watched, visited; nothing closes without the visit."""
    stage = hands.stage
    stage.at("2026-05-10 09:00")
    hands.step(unit, letter, "report", form=("reply", {"accepted": True, "systems": [{"title": "拨付复核办法", "in_force_on": "2026-05-01", "text": "财〔2026〕9号"}], "done_on": hands.day()}), body=hands.body("finance"))
    stage.check("没有回访，不能办结", "Nothing closes without the return visit", hands.refuses(WHO, letter, "close") != "")
    hands.step(WHO, letter, "to_visit")
    hands.step(WHO, letter, "visited", form=("visit", {"visited_on": hands.day(), "place": "财政局", "seen": "复核岗已设，抽查十笔无误", "verdict": "good"}))
    (item,) = hands.children(WHO, letter, "rectification")
    hands.step(WHO, item, "same_problem", reason="与建议书同一事项，合并回访")
    hands.step(WHO, letter, "close", form=("use", {"how": ["assessment"], "text": "纳入考核"}))
    stage.check("五步走完，结果有运用", "Five steps done, and the result is used", hands.outcomes(WHO, letter) == ["adopted"])


def filed_away(hands: Officers, case: int) -> None:
    """All three exist."""
    hands.step(WHO, case, "archive", form=EFFECTS)
    hands.stage.check("三样齐全，归档", "All three exist: filed away", hands.outcomes(WHO, case) == ["completed"])


def systems(hands: Officers) -> None:
    """Recommendations and systems: one text of one unit counts once, however many recommendations led to it."""
    stage = hands.stage
    with stage.acts(WHO):
        for n in range(5):
            letter = leads.register(leads.NewMatter("recommendation", f"建议{n}", stage.body("yj"), stage.room(ROOM), level=0))
            forms.submit(letter, "survey", {"unit": hands.body("finance"), "origin": "case", "consulted_on": hands.day(), "risks": [{"code": "1", "kind": "gap", "text": "无复核", "source": "案卷"}]})
            forms.submit(letter, "reply", {"accepted": True, "systems": [{"title": "拨付复核办法", "in_force_on": "2026-05-01", "text": "财〔2026〕9号"}, {"title": f"制度{n}", "in_force_on": "2026-05-01", "text": f"财〔2026〕{20 + n}号"}], "done_on": hands.day()},
                         body=hands.body("finance"))
    counted = [hands.figure(WHO, code, "2026-01-01", "2026-12-31") for code in ("recommendations", "systems")]
    stage.check("六份建议推动六个制度：六份都提到的那个只计一次", "Six recommendations, six systems: the one that all six name counts once", counted == [6, 6])
    stage.figure("建议书", "recommendations", counted[0], "份")
    stage.figure("建章立制", "systems", counted[1], "个")
