"""Whether a group is valid: every slot filled by the right kind, in the right number; an office without a holder is vacant."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .load import Slot, Template


@dataclass(frozen=True)
class Seat:
    """One seat as it stands: who sits, of which body, in which office; ``holder`` names the person now, ``confirmed`` the
    person last confirmed (for seats of an office)."""

    slot: str
    body: str
    body_kind: str
    body_rank: str = ""
    office: str = ""
    holder: str = ""
    confirmed: str = ""
    own: bool = False


@dataclass(frozen=True)
class Problem:
    """What is wrong with a group, in words."""

    slot: str
    code: str
    zh: str
    en: str


def check(template: Template, seats: Sequence[Seat]) -> list[Problem]:
    """Every problem, in the order of the template's slots; an empty list means valid."""
    found: list[Problem] = []
    known = {s.code for s in template.slots}
    for seat in seats:
        if seat.slot not in known:
            found.append(Problem(seat.slot, "unknown", f"“{template.zh}”没有席位“{seat.slot}”", f"“{template.en}” has no slot “{seat.slot}”"))
    for slot in template.slots:
        mine = [s for s in seats if s.slot == slot.code]
        found += _number(slot, mine)
        for seat in mine:
            found += _kind(slot, seat)
    bodies = [s.body for s in seats if s.slot in template.apart]
    if len(bodies) != len(set(bodies)):
        found.append(Problem(template.apart[0], "same_body", f"“{template.zh}”的{'、'.join(s.zh for s in template.slots if s.code in template.apart)}须分属不同机构",
                             f"in “{template.en}” {', '.join(s.en for s in template.slots if s.code in template.apart)} belong to different bodies"))
    return found


def _number(slot: Slot, mine: Sequence[Seat]) -> list[Problem]:
    distinct = {(s.body, s.office, s.holder if slot.of == "person" else "") for s in mine}
    if len(distinct) != len(mine):
        return [Problem(slot.code, "twice", f"“{slot.zh}”中有重复", f"“{slot.en}” holds the same twice")]
    if len(mine) < slot.least:
        return [Problem(slot.code, "too_few", f"“{slot.zh}”应有{'至少 ' if slot.most is None else ''}{slot.least} 个，现有 {len(mine)} 个", f"“{slot.en}” needs {'at least ' if slot.most is None else ''}{slot.least}, has {len(mine)}")]
    if slot.most is not None and len(mine) > slot.most:
        return [Problem(slot.code, "too_many", f"“{slot.zh}”至多 {slot.most} 个，现有 {len(mine)} 个", f"“{slot.en}” takes at most {slot.most}, has {len(mine)}")]
    return []


def _kind(slot: Slot, seat: Seat) -> list[Problem]:
    if slot.kinds and seat.body_kind not in slot.kinds:
        return [Problem(slot.code, "wrong_kind", f"“{slot.zh}”不能由“{seat.body}”（{seat.body_kind}）担任", f"“{seat.body}” ({seat.body_kind}) cannot fill “{slot.en}”")]
    if slot.ranks and seat.body_rank not in slot.ranks:
        return [Problem(slot.code, "wrong_rank", f"“{slot.zh}”的级别不对：{seat.body}", f"wrong rank for “{slot.en}”: {seat.body}")]
    if slot.own and not seat.own:
        return [Problem(slot.code, "not_own", f"“{slot.zh}”须由本机构人员担任", f"“{slot.en}” is filled from the group's own body")]
    if slot.of == "office" and slot.offices and seat.office not in slot.offices:
        return [Problem(slot.code, "wrong_office", f"“{slot.zh}”须由规定职务担任，现为“{seat.office or '无职务'}”", f"“{slot.en}” goes with a stated office, not “{seat.office or 'none'}”")]
    if slot.of in ("office", "person") and not seat.holder:
        return [Problem(slot.code, "vacant", f"“{slot.zh}”空缺：职务现无人担任", f"“{slot.en}” is vacant: nobody holds the office")]
    if slot.of == "office" and seat.confirmed and seat.confirmed != seat.holder:
        return [Problem(slot.code, "to_confirm", f"“{slot.zh}”随职务由“{seat.confirmed}”变为“{seat.holder}”，待确认", f"“{slot.en}” went with its office from “{seat.confirmed}” to “{seat.holder}”: confirm")]
    return []
