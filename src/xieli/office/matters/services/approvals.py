"""Asking, deciding and signing on paper. What was not approved cannot be executed through any door."""
from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from xieli.engines.ledger.canonical import dumps
from xieli.engines.playbooks.guards import holds
from xieli.office.audit import record
from xieli.office.matters.services import context as contexts
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.forms import _plain
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.approvals import Approval, ApprovalStep
from xieli.office.matters.tables.core import Matter, MatterSubject


def chain_of(matter: Matter, act: str) -> int:
    """Which chain of the playbook's matrix applies to this subject and body: the first whose condition holds."""
    playbook = playbook_of(matter)
    approval = playbook.approvals.get(act)
    if approval is None:
        raise Refused("no_rule", f"流程没有规定“{act}”由谁批准。", f"The playbook does not say who approves “{act}”.")
    if not any(chain.when for chain in approval.chains):
        return 0
    context = contexts.for_chains(matter, playbook)
    state = contexts.state_of(matter)
    fallback = None
    for index, chain in enumerate(approval.chains):
        if not chain.when:
            fallback = index if fallback is None else fallback
        elif holds(chain.when, state, context):
            return index
    if fallback is None:
        raise Refused("no_rule", "审批权限表没有覆盖这种情形。", "The approval matrix does not cover this case.")
    return fallback


@transaction.atomic
def request(matter: Matter, act: str, what: dict[str, Any], *, subject: MatterSubject | None = None, reason: str = "", urgent: bool = False,
            collective_no: str = "") -> Approval:
    """Ask for approval of exactly `what`. The signers follow from the published matrix; the first is admitted at once.

    Papers of several acts may be prepared in parallel; decisions come in the order of the playbook.
    """
    from xieli.office.files.services import cite_relied

    joined = contexts.parties(matter).get("joint_filer", ())
    if act == "file" and joined and str(what.get("partner", "")) not in joined:
        raise Refused("not_the_joint_filer", "联合立案须由共同立案机关的主要负责人一并批准；所列机构不是呈批报告中的共同立案机关，没有提请。",
                      "A joint filing is approved by the head of the commission that files with you; the body named is not the one in the filing report. Nothing was asked.")
    canonical = dumps(_plain({k: v for k, v in what.items() if v is not None}))
    sha = hashlib.sha256(canonical).hexdigest()
    identity = call("request_approval", matter.id, act, subject.id if subject else None, Jsonb(what), sha, reason, urgent, collective_no,
                    chain_of(matter, act))
    cite_relied(matter, "approval", int(identity))  # type: ignore[call-overload]
    record("approval.requested", matters=[matter.id], approval=int(identity), act=act, subject=subject.id if subject else None, digest=sha)  # type: ignore[call-overload]
    return Approval.objects.get(pk=identity)


def snapshot_of(approval: Approval) -> dict[str, Any]:
    """当时所见: what the signer has before him: the request, loads, recusals, rule versions, clocks."""
    from xieli.office.matters.queries.snapshot import seen_by_signer

    return seen_by_signer(approval)


@transaction.atomic
def decide(approval: Approval, verdict: str, *, reason: str = "", seen: dict[str, Any] | None = None) -> str:
    """Approve or refuse as the signer whose turn it is; the snapshot he saw is frozen and hashed into the ledger.

    Returns the approval's state: pending (another signs next), approved or refused.
    """
    if not Approval.objects.filter(pk=approval.pk).exists():
        raise NotVisible()
    content = _plain(seen if seen is not None else snapshot_of(approval))
    canon = dumps(content)
    sha = hashlib.sha256(canon).hexdigest()
    state = str(call("decide_approval", approval.id, verdict, reason, Jsonb(content), canon, sha))
    record("approval.decided", matters=[approval.matter_id], approval=approval.id, act=approval.act, verdict=verdict, snapshot=sha)
    return state


@transaction.atomic
def sign_on_paper(approval: Approval, verdict: str, *, number: str, signed_at: datetime, file: int | None = None, reason: str = "") -> str:
    """Enter a paper signature: first clerk, then a second one with the same number and verdict. Returns half or the state."""
    state = str(call("sign_on_paper", approval.id, verdict, number, file, signed_at, reason))
    record("approval.decided", matters=[approval.matter_id], approval=approval.id, act=approval.act, verdict="half" if state == "half" else verdict,
           paper_no=number)
    return state


@transaction.atomic
def withdraw(approval: Approval) -> None:
    """Take a pending request back; only who asked can."""
    call("withdraw_approval", approval.id)
    record("approval.withdrawn", matters=[approval.matter_id], approval=approval.id, act=approval.act)


def what_was_approved(matter: Matter, act: str) -> dict[str, Any]:
    """The content of the last approval of an act. Raises Refused when there is none."""
    approval = Approval.objects.filter(matter=matter, act=act, state__in=["approved", "used"]).order_by("-decided_at").first()
    if approval is None:
        raise Refused("not_approved", "尚未批准，不能执行。", "It has not been approved and cannot be executed.")
    return dict(approval.what)


def level_that_signed(matter: Matter, act: str) -> str:
    """Who decided last, relative to the handling body: own_head, own_collective, next_level, provincial, national."""
    step = (ApprovalStep.objects.filter(matter=matter, approval__act=act, approval__state__in=["approved", "used"]).exclude(decision="")
            .order_by("-approval__decided_at", "-order").select_related("body").first())
    if step is None:
        return ""
    if step.body_id == matter.owner_body_id:
        return "own_collective" if step.how == "collective" else {"deputy_leader": "deputy_leader", "room_head": "room_head"}.get(step.office_code, "own_head")
    if step.body.rank == "national":
        return "national"
    return "next_level" if step.body_id == call("body_at", matter.owner_body_id, "next_up") else "provincial"


@transaction.atomic
def execute_designation(approval: Approval) -> int:
    """Carry out an approved designation: the body's desk receives the matter, the basis of competence is recorded."""
    body = int(call("designate", approval.id))  # type: ignore[call-overload]
    record("designation.executed", matters=[approval.matter_id], approval=approval.id, body=body)
    return body
