"""What the stories of inspection share: a round with its plan and group, a lead that is found in it, handed over with a receipt and worked on."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, handover, leads, moves, people
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.work import Fact

OFFICE, HEAD, MEMBER = "ins-head", "ins-leader", "icb-expert"
DUTY = "yj-duty"


def post(stage: Theatre, person: str, body: str, room: str = "") -> None:
    """The installer enters a posting: reference data of the story's world."""
    stage.admin.execute(
        "insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id, granted_by_id)"
        " values (%s, %s, %s, null, 'regular', access.now(), 'posting order', false, %s, %s)",
        [stage.person(person), stage.body(body), stage.world.rooms.get(room), stage.person("yj-head"), stage.person("yj-head")])


def units_of(stage: Theatre, system: str, names: list[str]) -> list[str]:
    """The installer registers the units of a system, the register from which a round is planned. Returns their identities as forms hold them."""
    made = []
    for n, name in enumerate(names):
        row = stage.admin.execute("insert into body (code, kind, rank, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, division_code, valid_from)"
                            " values (%s, 'unit', 'none', %s, %s, %s, '', '', '', '{}', '', '', '2020-01-01') returning id", [f"u-{system}-{n}", system, name, f"Unit {n + 1} of the system"]).fetchone()
        made.append(str(row[0]))  # type: ignore[index]
    return made


def plan_of(stage: Theatre, commission: str, number: str, system: str, units: list[dict[str, Any]], **over: Any) -> dict[str, Any]:
    """A plan as the inspection office writes it."""
    day = Hands(stage).day()
    return {"commission": str(stage.body(commission)), "round": number, "system": system, "meeting_on": day, "why_batch": "同一系统、同一资金链，同批次看得全",
            "focus": [{"kind": "field", "circle": "group", "text": f"{system}领域重点环节", "source": "联席会议"}], "units": units, "from_on": day, "to_on": day, **over}


def open_round(stage: Theatre, title: str, plan: dict[str, Any], who: str = OFFICE, owner: str = "yj-ins") -> int:
    """A round with its plan decided."""
    with stage.acts(who):
        matter = int(leads.register(leads.NewMatter("inspection_round", title, stage.body(owner), None, level=1)).id)
        moves.make(Matter.objects.get(pk=matter), "planned", form=("plan", plan))
    return matter


def form_group(stage: Theatre, matter: int, from_commission: str = DUTY, *, member: str = MEMBER, more: tuple[tuple[str, str], ...] = ()) -> None:
    """Head, member, one sent by the commission, and whoever else."""
    for person, slot in ((HEAD, "group_head"), (member, "group_members"), (from_commission, "from_commission"), *more):
        with stage.acts(OFFICE):
            people.join_team(Matter.objects.get(pk=matter), stage.person(person), slot)


def enter(stage: Theatre, matter: int, needs: list[dict[str, Any]] | None = None) -> None:
    """The group stands and goes in."""
    Hands(stage).step(OFFICE, matter, "enter", form=("needs", {"rows": needs or [{"skill": "finance", "number": 1, "supplied": 1}]}))


def hand_over(stage: Theatre, titles: list[str], commission: str, duty: str, room: str) -> list[int]:
    """Leads found by the inspection office go to the commission, each with its receipt; ownership moves on acceptance."""
    parcels, found = [], []
    with stage.acts(OFFICE):
        for title in titles:
            matter = leads.register(leads.NewMatter("lead", title, stage.body("yj-ins"), None, level=1, source="inspection"))
            found.append(int(matter.id))
            parcels.append(int(handover.send(matter, stage.body(commission), reason="巡察移交").id))
    with stage.acts(duty):
        for parcel in parcels:
            handover.step(Handover.objects.get(pk=parcel), "opened")
            handover.step(Handover.objects.get(pk=parcel), "accepted", room=stage.room(room))
    return found


def derived(stage: Theatre, person: str, matter: int, kind: str = "lead") -> list[int]:
    """What came from a matter, in the order of its rows, begun by its own people."""
    with stage.acts(person):
        found = [link.target for link in MatterLink.objects.filter(source_id=matter, target__kind=kind).select_related("target").order_by("target__opened_at", "target_id")]
        for one in found:
            leads.ensure_begun(one)
        return [int(one.id) for one in found]


def facts(stage: Theatre, person: str, matter: int, code: str) -> list[Any]:
    """Living facts of a code as a person sees them: number, text or reference."""
    with stage.acts(person):
        return [int(f.number) if f.number is not None else f.text or f.ref for f in Fact.objects.filter(matter_id=matter, code=code, retracted_at=None).order_by("id")]


def grants_to_desk(stage: Theatre, matter: int, body: str) -> None:
    """The case-management desk works on what the room derived: registered and assigned there, as every lead is."""
    grants.give(matter, stage.room(f"{body}/case"), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="案管集中登记", reason="")


def to_room(stage: Theatre, matter: int, body: str) -> None:
    """The desk gives a lead to the room that will work on it."""
    grants.give(matter, stage.room(f"{body}/supervision1"), kind="handler", acts=["read", "write", "grant", "handover", "note"], ends_at=None, basis="案管分办", reason="")
