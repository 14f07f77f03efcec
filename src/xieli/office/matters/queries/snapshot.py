"""当时所见: what a signer has before him, as plain data."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xieli.office.access.models import Recusal
from xieli.office.files.models import StoredFile
from xieli.office.matters.services import clocks
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.work import FormSubmission

# what other rooms lay before a signer, by name: registered when their app is ready
ALSO: dict[str, Callable[[Matter], Any]] = {}


def seen_by_signer(approval: Approval) -> dict[str, Any]:
    """The request, the matter as it stands, subjects, forms by digest, recusals, running clocks and the rule versions."""
    matter = Matter.objects.get(pk=approval.matter_id)
    playbook = playbook_of(matter)
    at = now()
    return {
        "approval": {"act": approval.act, "what": approval.what, "what_sha": approval.what_sha, "reason": approval.reason,
                     "requested_at": approval.requested_at.isoformat(), "collective_no": approval.collective_no, "urgent": approval.urgent},
        "matter": {"title": matter.title, "kind": matter.kind, "number": matter.number, "stages": list(matter.stages), "level": matter.level,
                   "owner_body": matter.owner_body.name_zh, "row_version": matter.row_version},
        "subjects": [{"name": s.name, "kind": s.kind, "unit": s.unit_name or (s.unit_body.name_zh if s.unit_body else ""), "post": s.post, "rank": s.cadre_rank}
                     for s in MatterSubject.objects.filter(matter=matter).select_related("unit_body").order_by("id")],
        "forms": {f.form: {"revision": f.revision, "sha": f.sha} for f in FormSubmission.objects.filter(matter=matter).order_by("form", "revision")},
        "exhibits": [{"name": f.name, "digest": bytes(f.digest).hex(), "verdict": f.verdict} for f in StoredFile.objects.filter(matter=matter).order_by("received_at", "id")],
        "recusals": [{"principal": r.principal, "ground": r.ground, "state": r.state} for r in Recusal.objects.filter(matter=matter).order_by("id")],
        "clocks": [{"code": c.code, "rule": c.rule, "state": clocks.status(c, at), "alarm_at": c.alarm_at.isoformat() if c.alarm_at else None,
                    "provisional": c.provisional} for c in Clock.objects.filter(matter=matter).order_by("started_at")],
        "playbook": {"code": playbook.code, "version": playbook.version, "sha256": playbook.sha256},
        **{name: laid for name, lay in sorted(ALSO.items()) if (laid := lay(matter)) is not None},
        "seen_at": at.isoformat(),
    }
