"""BPMN 2.0 XML with diagram interchange, a safe subset: no scripts, no service tasks, nothing that can execute.

Tasks become user tasks, waits receive tasks, decisions (and stages with several ways on) exclusive gateways, splits
and joins parallel gateways; a per-body split becomes a collapsed sub-process, parallel multi-instance, drawn on a
page of its own. Clocks and legal basis travel as documentation and under our own namespace, never as timers: a timer
cannot be suspended or extended, a legal clock can.
"""
from __future__ import annotations

from xml.etree import ElementTree as ET

from .graph import branches, join_of
from .layout import Layout, layout
from .model import Move, Playbook, Stage
from .text import say_effect

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
OURS = "urn:xieli:playbook:1"
_PREFIXES = {"bpmn": BPMN, "bpmndi": DI, "dc": DC, "di": DD, "xieli": OURS}


def bpmn(playbook: Playbook, language: str = "zh") -> str:
    """The playbook as a BPMN 2.0 document (text, UTF-8 declared). A cancel ends everything (terminate)."""
    for prefix, uri in _PREFIXES.items():
        ET.register_namespace(prefix, uri)
    return _Writer(playbook, language).document()


class _Writer:
    def __init__(self, playbook: Playbook, language: str) -> None:
        self.playbook, self.language = playbook, language
        self.layout: Layout = layout(playbook, language)
        self.boxes = {b.stage: b for b in self.layout.boxes}
        self.inside = self._nesting()

    def _nesting(self) -> dict[str, str]:
        """For each stage inside a per-body split, the innermost such split."""
        found: dict[str, tuple[int, str]] = {}
        for split in self.playbook.stages.values():
            if split.kind == "split" and split.per:
                for branch in branches(self.playbook, split.code):
                    for code in branch:
                        if code not in found or len(branch) < found[code][0]:
                            found[code] = (len(branch), split.code)
        return {code: split for code, (_n, split) in found.items()}

    def document(self) -> str:
        root = ET.Element(f"{{{BPMN}}}definitions", {"id": f"d_{self.playbook.code}", "targetNamespace": OURS, "exporter": "Xieli"})
        process = ET.SubElement(root, f"{{{BPMN}}}process", {"id": f"p_{self.playbook.code}", "name": self.playbook.label.say(self.language), "isExecutable": "false"})
        text = f"{self.playbook.about.say(self.language)}\nversion {self.playbook.version} · sha256 {self.playbook.sha256}"
        ET.SubElement(process, f"{{{BPMN}}}documentation").text = text
        self._scope(root, process, f"p_{self.playbook.code}", None)
        ET.indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"

    def _members(self, scope: str | None) -> list[Stage]:
        """Stages of one page; the join of a per-body split is the end of its sub-process, an end never drawn to is left out."""
        drawn = {m.to for s in self.playbook.stages.values() for m in self._drawn(s)}
        found = []
        for stage in self.playbook.stages.values():
            hidden = stage.kind == "join" and stage.joins and self.playbook.stages[stage.joins].per
            if self.inside.get(stage.code) == scope and not hidden and (stage.kind != "end" or stage.code in drawn):
                found.append(stage)
        return found

    def _scope(self, root: ET.Element, parent: ET.Element, name: str, scope: str | None) -> None:
        """One process or sub-process with its nodes and flows, then its page of the diagram."""
        members = self._members(scope)
        page = ET.SubElement(root, f"{{{DI}}}BPMNDiagram", {"id": f"page_{name}"})
        plane = ET.SubElement(page, f"{{{DI}}}BPMNPlane", {"id": f"plane_{name}", "bpmnElement": name})
        flows: list[tuple[str, str, str, str, str]] = []  # id, name, from, to, documentation
        nested: list[tuple[ET.Element, str]] = []
        for stage in members:
            nested += self._node(parent, plane, stage)
        entry = self._entry(scope)
        start_id = f"start_{name}"
        ET.SubElement(parent, f"{{{BPMN}}}startEvent", {"id": start_id})
        box = self.boxes[entry]
        self._shape(plane, start_id, box.x - 18, box.y - box.h // 2 - 50, 36, 36)
        flows.append((f"flow_{start_id}", "", start_id, f"s_{entry}", ""))
        if scope is not None:
            done_id = f"end_{name}"
            ET.SubElement(parent, f"{{{BPMN}}}endEvent", {"id": done_id})
            join = self.boxes[join_of(self.playbook, scope) or entry]
            self._shape(plane, done_id, join.x - 18, join.y - 18, 36, 36)
        codes = {s.code for s in members}
        for stage in members:
            flows += self._flows(stage, codes, scope, name)
        for identity, label, source, target, words in flows:
            flow = ET.SubElement(parent, f"{{{BPMN}}}sequenceFlow", {"id": identity, "sourceRef": source, "targetRef": target, **({"name": label} if label else {})})
            if words:
                ET.SubElement(flow, f"{{{BPMN}}}documentation").text = words
            if source.startswith("g_"):
                # which way it goes is the move that a person chose
                condition = ET.SubElement(flow, f"{{{BPMN}}}conditionExpression", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
                condition.text = f"move == '{identity.removeprefix('flow_').removesuffix('_' + source.removeprefix('g_'))}'"
        self._references(parent)
        shapes = {s.get("bpmnElement", ""): s for s in plane}
        for identity, _label, source, target, _words in flows:
            self._edge(plane, identity, shapes[source], shapes[target])
        for element, split in nested:
            self._scope(root, element, f"s_{split}", split)

    def _entry(self, scope: str | None) -> str:
        return self.playbook.start.code if scope is None else self.playbook.moves_from(scope)[0].to

    def _node(self, parent: ET.Element, plane: ET.Element, stage: Stage) -> list[tuple[ET.Element, str]]:
        box, name = self.boxes[stage.code], stage.label.say(self.language)
        per_body = stage.kind == "split" and stage.per is not None
        tag = {"task": "userTask", "decision": "userTask", "wait": "receiveTask", "split": "parallelGateway", "join": "parallelGateway", "end": "endEvent"}[stage.kind]
        if per_body:
            tag = "subProcess"
        element = ET.SubElement(parent, f"{{{BPMN}}}{tag}", {"id": f"s_{stage.code}", "name": name})
        words = [stage.help.say(self.language)] if stage.help else []
        if stage.clock:
            clock = self.playbook.clocks[stage.clock]
            length = clock.rule or (f"{clock.local.amount} {clock.local.unit}" if clock.local else "")
            words.append(f"{clock.label.say(self.language)} [{length}]")
        if words:
            ET.SubElement(element, f"{{{BPMN}}}documentation").text = "\n".join(words)
        attributes = {k: v for k, v in {"roles": " ".join(stage.roles), "form": stage.form, "clock": stage.clock, "per": stage.per}.items() if v}
        if attributes:
            extension = ET.SubElement(element, f"{{{BPMN}}}extensionElements")
            ET.SubElement(extension, f"{{{OURS}}}stage", attributes)
        if stage.kind == "end" and any(m.kind == "cancel" and m.to == stage.code for m in self.playbook.moves.values()):
            ET.SubElement(element, f"{{{BPMN}}}terminateEventDefinition", {"id": f"all_{stage.code}"})
        gate = self._needs_gateway(stage)
        if gate:
            ET.SubElement(parent, f"{{{BPMN}}}exclusiveGateway", {"id": f"g_{stage.code}", "name": name})
        if per_body:
            loop = ET.SubElement(element, f"{{{BPMN}}}multiInstanceLoopCharacteristics", {"isSequential": "false"})
            # as many branches as bodies take part
            count = ET.SubElement(loop, f"{{{BPMN}}}loopCardinality", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
            count.text = f"len(bodies['{stage.per}'])"
        if tag in ("parallelGateway", "endEvent"):
            self._shape(plane, f"s_{stage.code}", box.x - 25 if tag == "parallelGateway" else box.x - 18, box.y - 25 if tag == "parallelGateway" else box.y - 18, 50 if tag == "parallelGateway" else 36, 50 if tag == "parallelGateway" else 36)
        else:
            shape = self._shape(plane, f"s_{stage.code}", box.x - box.w // 2, box.y - box.h // 2, box.w, box.h)
            if per_body:
                shape.set("isExpanded", "false")
        if gate:
            self._shape(plane, f"g_{stage.code}", box.x - 15, box.y + box.h // 2 + 6, 30, 30)
        return [(element, stage.code)] if per_body else []

    def _drawn(self, stage: Stage) -> list[Move]:
        """Moves of the stage that stay in its scope: a cancel from inside a per-body branch cannot be drawn."""
        here = self.inside.get(stage.code)
        return [m for m in self.playbook.moves_from(stage.code) if m.kind != "cancel" or self.inside.get(m.to) == here]

    def _needs_gateway(self, stage: Stage) -> bool:
        return stage.kind in ("task", "decision", "wait") and len(self._drawn(stage)) > 1

    def _flows(self, stage: Stage, codes: set[str], scope: str | None, name: str) -> list[tuple[str, str, str, str, str]]:
        source = f"s_{stage.code}"
        found: list[tuple[str, str, str, str, str]] = []
        if self._needs_gateway(stage):
            found.append((f"flow_g_{stage.code}", "", source, f"g_{stage.code}", ""))
            source = f"g_{stage.code}"
        moves = self._drawn(stage)
        if stage.kind == "split" and stage.per:
            # the sub-process holds the branch; it goes on where the join went on
            join = join_of(self.playbook, stage.code)
            moves = list(self.playbook.moves_from(join)) if join else []
        for move in moves:
            target = f"s_{move.to}"
            if move.to not in codes:
                target = f"end_{name}"  # the join of this sub-process
            words = "; ".join(say_effect(self.playbook, e, self.language) for e in move.effects)
            found.append((f"flow_{move.code}_{stage.code}", move.label.say(self.language) if stage.kind not in ("split", "join") else "", source, target, words))
        return found

    def _references(self, parent: ET.Element) -> None:
        """Each node names its incoming and outgoing flows, in the place the standard wants them."""
        flows = parent.findall(f"{{{BPMN}}}sequenceFlow")
        for node in list(parent):
            identity = node.get("id")
            if identity is None or node.tag == f"{{{BPMN}}}sequenceFlow":
                continue
            at = sum(child.tag in (f"{{{BPMN}}}documentation", f"{{{BPMN}}}extensionElements") for child in node)
            for kind, attribute in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
                for flow in flows:
                    if flow.get(attribute) == identity:
                        element = ET.Element(f"{{{BPMN}}}{kind}")
                        element.text = flow.get("id")
                        node.insert(at, element)
                        at += 1

    def _shape(self, plane: ET.Element, element: str, x: int, y: int, w: int, h: int) -> ET.Element:
        shape = ET.SubElement(plane, f"{{{DI}}}BPMNShape", {"id": f"shape_{element}", "bpmnElement": element})
        ET.SubElement(shape, f"{{{DC}}}Bounds", {"x": str(x), "y": str(y), "width": str(w), "height": str(h)})
        return shape

    def _edge(self, plane: ET.Element, flow: str, source: ET.Element, target: ET.Element) -> None:
        edge = ET.SubElement(plane, f"{{{DI}}}BPMNEdge", {"id": f"edge_{flow}", "bpmnElement": flow})
        for shape, bottom in ((source, True), (target, False)):
            bounds = shape[0]
            x, y, w, h = (int(bounds.get(k, "0")) for k in ("x", "y", "width", "height"))
            ET.SubElement(edge, f"{{{DD}}}waypoint", {"x": str(x + w // 2), "y": str(y + h if bottom else y)})

