"""Diagram, text twin, BPMN, page: all made from the file, all saying the same."""
from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from xieli.content import content_path
from xieli.engines.playbooks import Playbook, bpmn, diagram, load_all, outline, page, table
from xieli.engines.playbooks.bpmn import BPMN, DD, DI
from xieli.engines.playbooks.layout import layout
from xieli.engines.playbooks.lettering import STEP, width_of, wrap

from .base import spoiled

SHIPPED = load_all({entry.name: entry.read_bytes() for entry in content_path("playbooks").iterdir() if entry.name.endswith(".yaml")})
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_shows_every_stage_with_its_name_and_live_count() -> None:
    playbook = spoiled()
    tree = ET.fromstring(diagram(playbook, "zh", {"choose": 12, "end": 0}))
    assert tree.find(f"{SVG}title").text == "样例"  # type: ignore[union-attr]
    groups = {g.get("data-stage"): g for g in tree.iter(f"{SVG}g")}
    assert set(groups) == set(playbook.stages)
    assert groups["choose"].find(f"{SVG}title").text == "决定方式 · 12"  # type: ignore[union-attr]
    assert "12" in [t.text for t in groups["choose"].iter(f"{SVG}text")]
    assert "0" in [t.text for t in groups["end"].iter(f"{SVG}text")]
    assert not [t.text for t in groups["weigh"].iter(f"{SVG}text") if t.text and t.text.isdigit()]


def test_the_picture_uses_theme_variables_with_fallbacks_and_nothing_from_outside() -> None:
    text = diagram(spoiled(), "en")
    assert re.findall(r"var\((--[a-z-]+)\)", text) == []
    assert "var(--xi-text,#1b2530)" in text
    assert "prefers-color-scheme:dark" in text
    assert "<script" not in text
    assert re.findall(r'(?:href|src)="', text) == []
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_markup_in_a_name_stays_text() -> None:
    playbook = spoiled(lambda c: c["stages"]["close"].update(zh="办结</text><script>", en="<b>&close"))
    for language in ("zh", "en"):
        tree = ET.fromstring(diagram(playbook, language))
        assert not list(tree.iter(f"{SVG}script"))
        assert "&lt;b&gt;" in bpmn(playbook, "en")


def test_boxes_never_overlap_and_lie_inside_the_picture() -> None:
    plan = layout(spoiled())
    for i, a in enumerate(plan.boxes):
        assert a.w // 2 <= a.x <= plan.width - a.w // 2
        assert a.h // 2 <= a.y <= plan.height - a.h // 2
        for b in plan.boxes[i + 1 :]:
            assert abs(a.x - b.x) >= (a.w + b.w) // 2 or abs(a.y - b.y) >= (a.h + b.h) // 2, (a, b)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_names_of_arrows_lie_on_no_box_and_on_no_other_name(language: str) -> None:
    for playbook in SHIPPED.values():
        plan = layout(playbook, language)
        taken = [(b.x - b.w // 2, b.y - b.h // 2, b.x + b.w // 2, b.y + b.h // 2) for b in plan.boxes]
        for arrow in plan.arrows:
            if not arrow.lines or arrow.loops:
                continue
            (x, y), half, high = arrow.label, max(width_of(line) for line in arrow.lines) * 3, len(arrow.lines) * STEP // 2
            mine = (x - half, y - high, x + half, y + high)
            assert mine[0] >= 0, (playbook.code, arrow.move)
            assert mine[2] <= plan.width, (playbook.code, arrow.move)
            assert not any(mine[0] < r and mine[2] > left and mine[1] < b and mine[3] > top for left, top, r, b in taken), (playbook.code, arrow.move)
            taken.append(mine)


def test_a_picture_shows_every_word_of_every_stage() -> None:
    """A fork says the same as its table: nothing is cut, every shape is high enough for its lines and wide enough for its words."""
    forks = [p for p in SHIPPED.values() if any(s.kind == "split" for s in p.stages.values())]
    assert forks
    for playbook in forks:
        for language in ("zh", "en"):
            groups = {g.get("data-stage"): g for g in ET.fromstring(diagram(playbook, language)).iter(f"{SVG}g")}
            for box in layout(playbook, language).boxes:
                lines = [t.text or "" for t in groups[box.stage].iter(f"{SVG}text")]
                assert "".join(lines).replace(" ", "") == playbook.stages[box.stage].label.say(language).replace(" ", "")
                assert len(lines) * 16 <= box.h
                assert max(width_of(line) for line in lines) * 6.5 <= box.w, (playbook.code, box.stage)


def test_the_same_playbook_gives_the_same_picture() -> None:
    assert diagram(spoiled(), "zh") == diagram(spoiled(), "zh")


def test_names_wrap_by_width_and_lose_nothing() -> None:
    for text in ("集体研究并报上级批准后方可宣布", "collective decision and superior's approval", "A县B"):
        lines = wrap(text, 14)
        assert all(width_of(line) <= 14 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_text_twin_says_everything_the_picture_says(language: str) -> None:
    playbook = spoiled()
    rows = table(playbook, language, {"choose": 3})
    assert [r.code for r in rows] == list(playbook.stages)
    assert next(r for r in rows if r.code == "choose").count == 3
    told = outline(playbook, language)
    for move in playbook.moves.values():
        assert move.label.say(language) in told
    act = next(m for r in rows for m in r.moves if m.name == playbook.moves["act"].label.say(language) and r.code == "choose")
    assert playbook.approvals["go"].label.say(language) in act.condition
    assert any(playbook.feedback["tell"].label.say(language) in e for e in act.effects)


def flows_of(tree: ET.Element, scope: ET.Element) -> list[tuple[str, str]]:
    return [(f.get("sourceRef", ""), f.get("targetRef", "")) for f in scope.findall(f"{{{BPMN}}}sequenceFlow")]


def assert_sound_bpmn(text: str) -> None:
    """Structure tests of our own: ids, references, places of children, and a shape or edge for everything."""
    tree = ET.fromstring(text)
    identities = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(identities) == len(set(identities))
    allowed = {"startEvent", "endEvent", "userTask", "receiveTask", "exclusiveGateway", "parallelGateway", "subProcess", "sequenceFlow", "documentation", "extensionElements", "multiInstanceLoopCharacteristics", "loopCardinality", "conditionExpression", "terminateEventDefinition", "incoming", "outgoing", "process", "definitions"}
    used = {e.tag.split("}")[1] for e in tree.iter() if e.tag.startswith(f"{{{BPMN}}}")}
    assert used <= allowed, used - allowed
    scopes = [*tree.iter(f"{{{BPMN}}}process"), *tree.iter(f"{{{BPMN}}}subProcess")]
    for scope in scopes:
        nodes = {e.get("id"): e for e in scope if e.get("id") and not e.tag.endswith("sequenceFlow")}
        flows = scope.findall(f"{{{BPMN}}}sequenceFlow")
        for flow in flows:
            assert flow.get("sourceRef") in nodes
            assert flow.get("targetRef") in nodes
            # who leaves a gateway says by which move; nobody else asks
            assert (flow.find(f"{{{BPMN}}}conditionExpression") is not None) == nodes[flow.get("sourceRef")].tag.endswith("exclusiveGateway")
        for identity, node in nodes.items():
            incoming = [f.get("id") for f in flows if f.get("targetRef") == identity]
            outgoing = [f.get("id") for f in flows if f.get("sourceRef") == identity]
            assert [e.text for e in node.findall(f"{{{BPMN}}}incoming")] == incoming
            assert [e.text for e in node.findall(f"{{{BPMN}}}outgoing")] == outgoing
            kind = node.tag.split("}")[1]
            assert bool(incoming) != (kind == "startEvent"), identity
            assert bool(outgoing) != (kind == "endEvent"), identity
            order = [c.tag.split("}")[1] for c in node if c.tag.split("}")[1] in ("documentation", "extensionElements", "incoming", "outgoing")]
            assert order == sorted(order, key=["documentation", "extensionElements", "incoming", "outgoing"].index)
            if kind in ("userTask", "receiveTask"):
                assert len(outgoing) == 1, identity
    drawn = {e.get("bpmnElement") for e in tree.iter() if e.tag in (f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge")}
    for scope in scopes:
        assert {e.get("id") for e in scope if e.get("id")} <= drawn
        assert len(scope.findall(f"{{{BPMN}}}startEvent")) == 1
    for edge in tree.iter(f"{{{DI}}}BPMNEdge"):
        assert len(edge.findall(f"{{{DD}}}waypoint")) >= 2
    planes = {p.get("bpmnElement") for p in tree.iter(f"{{{DI}}}BPMNPlane")}
    assert planes == {s.get("id") for s in scopes}


def test_bpmn_is_sound_and_holds_every_stage() -> None:
    playbook: Playbook = spoiled()
    text = bpmn(playbook, "zh")
    assert_sound_bpmn(text)
    tree = ET.fromstring(text)
    identities = {e.get("id") for e in tree.iter()}
    per_body_joins = {"asked"}
    assert {f"s_{code}" for code in playbook.stages if code not in per_body_joins} <= identities
    sub = next(tree.iter(f"{{{BPMN}}}subProcess"))
    assert sub.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics").get("isSequential") == "false"  # type: ignore[union-attr]
    assert {e.get("id") for e in sub} >= {"s_reply"}
    assert next(tree.iter(f"{{{BPMN}}}process")).get("isExecutable") == "false"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_says_sources_and_what_is_unverified(language: str) -> None:
    text = page(spoiled(), language, picture="sample.svg")
    assert "![" in text
    assert "sample.svg" in text
    assert ("未核实" if language == "zh" else "unverified") in text
    assert ("本平台默认" if language == "zh" else "our default") in text
    for section in ("forms", "clocks", "approvals"):
        for thing in getattr(spoiled(), section).values():
            assert thing.label.say(language) in text
