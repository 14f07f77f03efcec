"""Checks of people: roles, separation of duties, approvals, composition, levels."""
from __future__ import annotations

from collections.abc import Iterable

from ..graph import reachable, targets
from ..model import Approval, Playbook
from ..vocabulary import LEVELS, ORAL_CLASSES
from .registry import Finding, Library, rule


@rule("no_role", "每个环节都有承办角色", "every stage has a role")
def no_role(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        if stage.kind in ("task", "decision", "wait") and not stage.roles:
            yield Finding(("stages", stage.code), f"“{stage.label.zh}”没有承办角色。", f"“{stage.label.en}” has no role.")


@rule("separation_same_role", "同一角色不得办理应当分离的两侧", "no role acts on both sides of a separation")
def separation_same_role(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for separation in playbook.separation.values():
        for first in separation.first:
            for second in separation.second:
                for a, roles_a, stages_a in _sides(playbook, first):
                    for b, roles_b, stages_b in _sides(playbook, second):
                        both = (roles_a & roles_b) - {"system"}
                        connected = reachable(playbook, [t for s in stages_a for t in targets(playbook, s)]) & stages_b or reachable(playbook, [t for s in stages_b for t in targets(playbook, s)]) & stages_a
                        if both and connected:
                            name = playbook.roles[min(both)].label if min(both) in playbook.roles else separation.label
                            yield Finding(("separation", separation.code), f"“{name.zh}”既可办“{a}”又可办“{b}”，违反“{separation.label.zh}”。",
                                          f"“{name.en}” may do both “{a}” and “{b}”, against “{separation.label.en}”.")


def _sides(playbook: Playbook, code: str) -> Iterable[tuple[str, set[str], set[str]]]:
    """The acts a code of a separation stands for: (name, roles that may do it, stages it is done at)."""
    if code in playbook.moves:
        move = playbook.moves[code]
        for source in move.sources:
            if source in playbook.stages:
                yield code, set(move.who or playbook.stages[source].roles), {source}
    elif code in playbook.stages:
        for move in (m for m in playbook.moves_from(code) if m.kind == "forward"):
            yield code, set(move.who or playbook.stages[code].roles), {code}


@rule("oral_not_allowed", "口头审批只限行程、筹划与绿色通道", "oral approval only for travel, planning and the green channel")
def oral_not_allowed(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for approval in playbook.approvals.values():
        if approval.oral and approval.act_class not in ORAL_CLASSES:
            yield Finding(("approvals", approval.code), f"“{approval.label.zh}”不得口头批准。", f"“{approval.label.en}” can never be approved by word of mouth.")


@rule("approval_default", "审批矩阵覆盖所有情形", "the approval matrix leaves no case open")
def approval_default(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for approval in playbook.approvals.values():
        path = ("approvals", approval.code, "chains")
        if approval.chains[-1].when:
            yield Finding(path, f"“{approval.label.zh}”最后一条审批链应无条件，作为一般情形。", f"The last chain of “{approval.label.en}” must have no condition.")
        for number, chain in enumerate(approval.chains[:-1]):
            if not chain.when:
                yield Finding((*path, number), f"“{approval.label.zh}”的无条件审批链挡住了后面的链。", f"A chain of “{approval.label.en}” without condition hides the ones after it.")
        for number, chain in enumerate(approval.chains):
            if any(row.test not in ("subject", "body") for group in chain.when for row in group):
                yield Finding((*path, number), f"“{approval.label.zh}”的审批链只能看对象和机构。", f"Chains of “{approval.label.en}” may only ask about the subject and the bodies.")
            if all(step.how == "file" for step in chain.steps):
                yield Finding((*path, number), f"“{approval.label.zh}”只有备案，没有批准人。", f"“{approval.label.en}” is only put on record; nobody approves it.")


@rule("approval_order", "审批先后不成环", "approvals are in an order that exists")
def approval_order(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for approval in playbook.approvals.values():
        if approval.code in _before(playbook, approval):
            yield Finding(("approvals", approval.code, "after"), f"“{approval.label.zh}”要等自己先批准。", f"“{approval.label.en}” would have to wait for itself.")


def _before(playbook: Playbook, approval: Approval) -> set[str]:
    seen: set[str] = set()
    todo = list(approval.after)
    while todo:
        code = todo.pop()
        if code not in seen and code in playbook.approvals:
            seen.add(code)
            todo += playbook.approvals[code].after
    return seen


@rule("slot_range", "编组人数合理", "slot numbers make sense")
def slot_range(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for composition in playbook.compositions.values():
        for slot in composition.slots:
            if slot.most is not None and (slot.most < slot.least or slot.most == 0):
                yield Finding(("compositions", composition.code, "slots", slot.code), f"“{slot.label.zh}”的人数下限大于上限。", f"“{slot.label.en}” asks for more holders than it allows.")


@rule("level_order", "默认密级不低于下限", "the default level is not below the floor")
def level_order(playbook: Playbook, _: Library) -> Iterable[Finding]:
    if LEVELS.index(playbook.secrecy.default) < LEVELS.index(playbook.secrecy.floor):
        yield Finding(("level",), "默认密级低于下限。", "The default level is below the floor.")


@rule("source_without_basis", "法律与地方规定须写明依据", "law and local rules name their basis")
def source_without_basis(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """Approvals, separations, bars of prior handling and duties are either based on a rule or labelled ours."""
    groups = (("approvals", playbook.approvals), ("separation", playbook.separation), ("prior", playbook.prior), ("feedback", playbook.feedback))
    for section, things in groups:
        for code, thing in things.items():
            if thing.origin.source != "ours" and not thing.origin.basis:
                label = thing.label
                yield Finding((section, code), f"“{label.zh}”没有写明依据；若是本平台默认，请标 source: ours。", f"“{label.en}” names no basis; if it is our default, say `source: ours`.")
