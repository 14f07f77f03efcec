"""Teams and dispatch: recusal first, access by membership, ends by date."""
from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from xieli.office.access.models import Grant
from xieli.office.audit import record
from xieli.office.matters.services import grants
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import call, now, rows
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Team, TeamMember


def team_of(matter: Matter) -> Team:
    """The matter's case team; made, with its access, when it is first needed."""
    team = Team.objects.filter(matter_id=matter.id, kind="case_team").first()
    if team is None:
        team = Team.objects.create(matter_id=matter.id, kind="case_team", name_zh="专案组", name_en="case team", starts_at=now())
        grants.give(matter.id, team.id, kind="team", acts=["read", "write"], ends_at=None, basis="case_team", reason="")
    return team


@transaction.atomic
def join_team(matter: Matter, person: int, slot: str, *, ends_at: datetime | None = None, approval_id: int | None = None,
              undertaking: bool = True, dispatched: bool = False) -> TeamMember:
    """Add a person: a recusal in force or raised refuses it; membership carries the access and ends with its date."""
    with connection.cursor() as cursor:
        cursor.execute("select access.free_to_join(%s, %s)", [matter.id, person])
        if not cursor.fetchone()[0]:
            raise Refused("recused", "该人员应当回避或回避待决定，不能参加。", "That person is recused, or a recusal is waiting for decision, and cannot join.")
    team = team_of(matter)
    if TeamMember.objects.filter(team=team, person_id=person, slot=slot).filter(Q(ends_at=None) | Q(ends_at__gt=now())).exists():
        raise Refused("duplicate", "该人员已经在组。", "That person is on the team already.")
    with plain_words():
        row = TeamMember.objects.create(team=team, person_id=person, slot=slot, starts_at=now(), ends_at=ends_at, approval_id=approval_id,
                                        undertaking_at=now() if undertaking else None)
    record("team.joined", matters=[matter.id], team=team.id, person=person, slot=slot, approval=approval_id)
    return row


@transaction.atomic
def leave_team(matter: Matter, person: int) -> int:
    """End a person's work here; every access that came with it ends at this instant."""
    team = Team.objects.filter(matter_id=matter.id, kind="case_team").first()
    if team is None:
        return 0
    n = TeamMember.objects.filter(team=team, person_id=person).filter(Q(ends_at=None) | Q(ends_at__gt=now())).update(ends_at=now())
    for grant in Grant.objects.filter(matter=matter, principal=person, revoked_at=None, ends_at__gt=now(), kind__in=["dispatched", "team"]):
        grants.revoke(grant.id, matter.id, "left the team")
    if n:
        record("team.left", matters=[matter.id], team=team.id, person=person)
    return n


def start_posting(dispatch: Matter, person: int, slot: str, ends_at: datetime | None) -> None:
    """Put an approved dispatch into effect on the matter that asked for it; the database checks both approvals and recusal."""
    target = _serves(dispatch)
    call("start_posting", dispatch.id, target, person, slot, ends_at)
    record("team.joined", matters=[dispatch.id], team=target, person=person, slot=slot, approval=None)


def end_posting(dispatch: Matter, person: int) -> None:
    """The dispatch ends: membership and every access that came with it, at this instant."""
    target = _serves(dispatch)
    if call("end_posting", dispatch.id, target, person):
        record("team.left", matters=[dispatch.id], team=target, person=person)


def _serves(dispatch: Matter) -> int:
    """The matter a dispatch was asked for, whether or not the actor sees it."""
    found = rows("served_by", dispatch.id)
    if not found:
        raise Refused("no_target", "派员没有对应的事项。", "The dispatch serves no matter.")
    return int(found[0][0])
