"""SC-23 医用耗材降价: purchases above the reference price are listed by a stated share; each item is cancelled with its price before and after."""
from __future__ import annotations

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.field import sweeps
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission

STORY = ("SC-23", "医用耗材：一项一销", "Medical supplies: cancelled item by item")
BEGINS = "2026-04-06 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"
ITEMS = {"输液器": (300, 480), "导尿管": (1200, 1500), "缝合线": (2500, 2550), "手术包": (9000, 14000)}  # reference and price paid, in cents


def play(stage: Theatre) -> None:
    """Listed, checked, put right."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    officer = hands.staff("handler", "health")
    matter = hands.open(WHO, "sweep", "药品和医用耗材采购排查", owner="yj", room=ROOM, level=0)
    hands.step(WHO, matter, "start", form=("register", {"kind": "purchase", "rule": "高于参考价 20% 以上即列", "percent": 20, "rows": [{"object": o, "department": hands.body("health"), "listed": ref} for o, (ref, _) in ITEMS.items()]}))
    hands.step(officer, matter, "covered", form=("found", {"rows": [{"object": o, "checked_on": hands.day(), "listed": ref, "actual": paid, **({"problem": "价格虚高"} if o != "缝合线" else {})} for o, (ref, paid) in ITEMS.items()]}))
    with stage.acts(WHO):
        found = FormSubmission.objects.get(matter_id=matter, form="found").data
        listed = sweeps.dear(found, 20)
    stage.check("高于参考价两成以上的逐项列出", "What is more than a fifth above the reference is listed item by item", listed == ["输液器", "导尿管", "手术包"])
    hands.step(WHO, matter, "route", form=("problems", {"rows": []}))
    stage.at("2026-05-20 09:00")
    stage.check("没有佐证，不能销号", "Without proof an item is not cancelled", hands.refuses(WHO, matter, "item_done", ("done", {"rows": [{"object": "输液器", "done_on": hands.day(), "after": 290}]})) == "required")
    after = {"输液器": 290, "导尿管": 1150}
    for item, price in after.items():
        hands.step(WHO, matter, "item_done", form=("done", {"rows": [{"object": item, "done_on": hands.day(), "after": price, "proof": "新中标通知书"}]}))
    with stage.acts(WHO):
        row = Matter.objects.get(pk=matter)
        prices, left = sweeps.prices(row), sweeps.open_items(matter)
    stage.check("每项降价前后都有数", "Each item has its price before and after", prices == {"输液器": (480, 290), "导尿管": (1500, 1150)})
    stage.check("没有销号的一项列名，附天数", "The one not cancelled is named with its age", [(o.object, o.days) for o in left] == [("手术包", 44)])
    hands.step(WHO, matter, "item_done", form=("done", {"rows": [{"object": "手术包", "done_on": hands.day(), "after": 8800, "proof": "新中标通知书"}]}))
    with stage.acts(WHO):
        left = sweeps.open_items(matter)
    stage.check("三项逐项销号", "Three items cancelled one by one", left == [] and len(hands.facts(WHO, "sweep.item_done", matter)) == 3)
    hands.step(WHO, matter, "close")
    stage.check("全部销号才结束", "It ends when all are cancelled", hands.at(WHO, matter) == ["closed"])
    for item, (before, now) in {**prices, "手术包": (14000, 8800)}.items():
        stage.figure(f"{item}降幅", f"{item} cheaper by", (before - now) * 100 / before, "%")
