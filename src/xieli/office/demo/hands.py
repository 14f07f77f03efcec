"""What persons of a story do again and again: ask and sign, on the screen and on paper, hand in a form and take the step."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.matters.services import approvals, handover, leads, measures, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import MeasureNotice, RightsSheet


@dataclass
class Hands:
    """The stage, and the acts that every story is made of. Times are texts like ``2026-03-17 10:00``."""

    stage: Theatre

    def day(self) -> str:
        """Today's date in the story, ``2026-03-17``."""
        return self.clock().strftime("%Y-%m-%d")

    def clock(self) -> datetime:
        """Now in the story."""
        row = self.stage.admin.execute("select access.now()").fetchone()
        assert row is not None
        now: datetime = row[0]
        return now.astimezone(ZONE)

    def minutes(self, count: int) -> None:
        """Time passes."""
        self.stage.at((self.clock() + timedelta(minutes=count)).strftime("%Y-%m-%d %H:%M"))

    def step(self, person: str, matter: int, move: str, *, form: tuple[str, dict[str, Any]] | None = None, reason: str = "", body: str | None = None) -> None:
        """One move of the playbook, with the form that it hands in."""
        with self.stage.acts(person):
            moves.make(Matter.objects.get(pk=matter), move, form=form, reason=reason, body=body)

    def ask(self, person: str, matter: int, act: str, what: dict[str, Any] | None = None, *, reason: str = "", urgent: bool = False, collective_no: str = "") -> int:
        """Ask for an approval; returns its identity."""
        with self.stage.acts(person):
            return int(approvals.request(Matter.objects.get(pk=matter), act, what or {}, reason=reason, urgent=urgent, collective_no=collective_no).id)

    def sign(self, person: str, approval: int, verdict: str = "approved", *, reason: str = "") -> str:
        """Decide as the signer whose turn it is."""
        with self.stage.acts(person):
            return approvals.decide(Approval.objects.get(pk=approval), verdict, reason=reason)

    def sign_on_paper(self, clerks: tuple[str, str], approval: int, number: str, signed_at: str, verdict: str = "approved") -> str:
        """A signer without an account: two clerks enter the same paper."""
        state = ""
        for clerk in clerks:
            with self.stage.acts(clerk):
                state = approvals.sign_on_paper(Approval.objects.get(pk=approval), verdict, number=number,
                                                signed_at=datetime.fromisoformat(signed_at).replace(tzinfo=ZONE))
        return state

    def approved(self, asker: str, matter: int, act: str, *signers: str, what: dict[str, Any] | None = None, reason: str = "", urgent: bool = False,
                 collective_no: str = "") -> int:
        """Ask and let each named signer agree in turn; the last signature must conclude it."""
        approval = self.ask(asker, matter, act, what, reason=reason, urgent=urgent, collective_no=collective_no)
        state = "pending"
        for signer in signers:
            state = self.sign(signer, approval)
        if state != "approved":
            raise Refused("not_approved", f"“{act}”尚未签批完毕。", f"“{act}” still waits for a signature.")
        return approval

    def waiting(self, approval: int) -> list[tuple[str, str]]:
        """Office and body of the places not yet signed, as the installer sees them (for saying who signs next)."""
        return [(office, body) for office, body in self.stage.admin.execute(
            "select s.office_code, b.code from approval_step s join body b on b.id = s.body_id where s.approval_id = %s and s.decision = '' order by s.\"order\"", [approval])]

    def send(self, person: str, matter: int, receiver: str, reason: str, **options: Any) -> int:
        """Hand over; returns the hand-over's identity. The receipt exists at once."""
        with self.stage.acts(person):
            return int(handover.send(Matter.objects.get(pk=matter), self.stage.body(receiver), reason=reason, **options).id)

    def receive(self, person: str, parcel: int, verdict: str = "accepted", **options: Any) -> str:
        """Open a parcel and decide on it."""
        with self.stage.acts(person):
            handover.step(Handover.objects.get(pk=parcel), "opened")
        with self.stage.acts(person):
            return handover.step(Handover.objects.get(pk=parcel), verdict, **options)

    def child(self, person: str, parent: int, kind: str) -> int:
        """The newest matter of a kind that came from another, begun if its own people have not begun it yet."""
        with self.stage.acts(person):
            link = MatterLink.objects.filter(source_id=parent, target__kind=kind).order_by("-created_at").select_related("target").first()
            if link is None:
                raise LookupError(f"{kind} of {parent}")
            leads.ensure_begun(link.target)
            return int(link.target_id)

    def refused(self, person: str, act: Any) -> str:
        """Try an act that must be refused; returns the refusal's code, or an empty text when it went through."""
        with self.stage.acts(person):
            try:
                with transaction.atomic():
                    act()
            except Refused as refusal:
                return refusal.code
            return ""

    def give_papers(self, person: str, matter: int) -> None:
        """Give the rights sheets and the notices to family and unit that a measure owes."""
        with self.stage.acts(person):
            for sheet in RightsSheet.objects.filter(matter_id=matter, given_at=None):
                measures.give_sheet(sheet)
            for notice in MeasureNotice.objects.filter(matter_id=matter, given_at=None, exception_approval=None):
                measures.give_notice(notice)

    def staff(self, office: str, body: str, n: int = 0) -> str:
        """The code of the n-th holder of an office of a body or room (``wuchuan/case``)."""
        rows = self.stage.admin.execute("select person_id from posting where office_id = %s order by id", [self.stage.world.offices[f"{office}@{body}"]]).fetchall()
        person = rows[n][0]
        return next(code for code, identity in self.stage.world.people.items() if identity == person)

    def end_posting(self, person: str, host: str) -> None:
        """The installer ends a person's posting at a body now (a personnel decision that came on paper)."""
        self.stage.admin.execute("update posting set ends_at = access.now() where person_id = %s and body_id = %s and ends_at is null",
                                 [self.stage.person(person), self.stage.body(host)])

    def post(self, person: str, office: str, *, home: str, kind: str, months: int = 6) -> None:
        """The installer enters a posting decided on paper: from now, for some months, confirmed by the host's head."""
        at = self.stage.world.offices[office]
        place = office.partition("@")[2]
        body, room = self.stage.body(place.partition("/")[0]), self.stage.world.rooms.get(place)
        head = self.stage.person(self.stage.holder(f"head@{place.partition('/')[0]}"))
        self.stage.admin.execute(
            "insert into posting (person_id, body_id, room_id, office_id, home_body_id, kind, starts_at, ends_at, basis, is_deputy, confirmed_by_id, granted_by_id)"
            " values (%s, %s, %s, %s, %s, %s, access.now(), access.now() + make_interval(months => %s), 'posting order', false, %s, %s)",
            [self.stage.person(person), body, room, at, self.stage.body(home), kind, months, head, head])
