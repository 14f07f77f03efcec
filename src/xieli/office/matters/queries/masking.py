"""A text for outside, made from a case: subjects as 魏某某, staff by pseudonym, and no name of the records in it (seed row S0-48).

Nothing that is printed here is the internal record: a text starts from the kind of problem, the unit's field and the course of the
matter, and whoever writes it goes on from there. What a scan finds is counted again when the text is handed in.
"""
from __future__ import annotations

from dataclasses import dataclass

from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter, MatterLink, MatterSubject
from xieli.office.matters.tables.work import MatterMove, Outcome
from xieli.office.people.models import Person

# pseudonyms are invented and common, given in the order in which people stand in the text; the reader is told that they are such
PSEUDONYMS = ("刘华", "张伟", "李明", "王芳", "陈静", "杨帆", "周涛", "吴敏")
# two-character family names that a mask keeps whole (the common ones of the register)
DOUBLE = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒")


@dataclass(frozen=True)
class Draft:
    """A text, and the pseudonym given to each member of staff in it (kept with the writer, never printed)."""

    text: str
    pseudonyms: dict[str, str]


def masked(name: str) -> str:
    """魏明远 → 魏某某, 段平 → 段某; what is masked already stays. The empty name is 某人."""
    if not name or "某" in name:
        return name or "某人"
    family = name[:2] if name[:2] in DOUBLE and len(name) > 2 else name[:1]
    return family + "某" * min(2, max(1, len(name) - len(family)))


def sources(matter: Matter) -> list[Matter]:
    """The matters that a text came from or tells of, as far as its writer may see them: up and along links, each once."""
    found, ring = [matter.id], [matter.id]
    while ring:
        ring = [i for i in MatterLink.objects.filter(target_id__in=ring).values_list("source_id", flat=True) if i not in found]
        found += dict.fromkeys(ring)
    return list(Matter.objects.filter(id__in=found).order_by("opened_at", "id"))


def names_behind(matter: Matter) -> list[str]:
    """Full names of the subjects and of everybody who took a step in the matters behind a text."""
    ids = [m.id for m in sources(matter)]
    subjects = MatterSubject.objects.filter(matter_id__in=ids).values_list("name", flat=True)
    staff = Person.objects.filter(id__in=MatterMove.objects.filter(matter_id__in=ids).values("person_id")).values_list("name", flat=True)
    return sorted({*subjects, *staff})


OUTCOMES = {"party_sanction": "受到党纪处分", "administrative_sanction": "受到政务处分", "to_justice": "移送司法机关", "filed": "被立案审查调查"}


def draft(case: Matter) -> Draft:
    """The beginning of a press text about a case: who, as masked; what became of it; who worked on it, by pseudonym. From records only."""
    subjects = list(MatterSubject.objects.filter(matter=case, role="subject").order_by("id"))
    kinds = list(Outcome.objects.filter(matter=case, retracted_at=None).order_by("recorded_at", "id").values_list("kind", flat=True))
    people = list(Person.objects.filter(id__in=MatterMove.objects.filter(matter=case).values("person_id")).order_by("id"))
    given = {p.name: PSEUDONYMS[n % len(PSEUDONYMS)] for n, p in enumerate(people)}
    who = "、".join(f"{masked(s.name)}（{s.post or '工作人员'}）" for s in subjects)
    became = "，".join(OUTCOMES[k] for k in dict.fromkeys(kinds) if k in OUTCOMES) or "正在办理，尚未定论"
    staff = "、".join(f"{name}（化名）" for name in dict.fromkeys(given.values()))
    return Draft(f"{who}{became}。\n本案由{playbook_of(case).label.zh}承办人员{staff}办理。", given)
