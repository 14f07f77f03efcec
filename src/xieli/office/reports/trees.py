"""What came of one matter: everything that was spawned, derived or handed on from it, and each person in it once.

A check, an inspection round, a lead: its tree is what the reader may see of it, along links that the kernel made. Persons are
counted by `person_key`, so that one who stands in a lead, its case and his measure is one person. Nothing of another origin gets in.
"""
from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact

# from source to target; a merge or a mention is no descent
DESCENT = ("child", "derived", "follow_up", "led_to")
_WALK = """with recursive tree(id, parent) as (
        select %(root)s::bigint, null::bigint
        union select l.target_id, l.source_id from tree t join matter_link l on l.source_id = t.id and l.kind = any (%(kinds)s))"""


@dataclass(frozen=True)
class Line:
    """The line of a tree as the reader sees it: matters by kind, then persons, each once."""

    matters: dict[str, int]
    filed: int
    retained: int
    sanctioned: int
    to_justice: int


def members(root: int) -> list[int]:
    """Identities of everything that came of a matter, without itself."""
    with connection.cursor() as cursor:
        cursor.execute(_WALK + " select distinct t.id from tree t join matter m on m.id = t.id where t.id <> %(root)s", {"root": root, "kinds": list(DESCENT)})
        return [int(row[0]) for row in cursor.fetchall()]


def line(root: int) -> Line:
    """Counts over the tree. A person with a sanction and a transfer counts in both; in each he counts once."""
    arguments = {"root": root, "kinds": list(DESCENT)}
    with connection.cursor() as cursor:
        cursor.execute(_WALK + " select m.kind, count(distinct m.id) from tree t join matter m on m.id = t.id where t.id <> %(root)s group by 1 order by 1", arguments)
        kinds = {str(k): int(n) for k, n in cursor.fetchall()}
        cursor.execute(_WALK + """ select count(distinct s.person_key) filter (where o.kind = 'filed'), count(distinct s.person_key) filter (where o.kind in ('party_sanction', 'administrative_sanction')),
                count(distinct s.person_key) filter (where o.kind = 'to_justice')
            from tree t join outcome o on o.matter_id = t.id and o.retracted_at is null join matter_subject s on s.id = o.subject_id""", arguments)
        filed, sanctioned, justice = cursor.fetchone()
        cursor.execute(_WALK + " select count(distinct s.person_key) from tree t join measure x on x.matter_id = t.id and x.kind = 'liuzhi' join matter_subject s on s.id = x.subject_id", arguments)
        (retained,) = cursor.fetchone()
    return Line(kinds, int(filed), int(retained), int(sanctioned), int(justice))


def path(matter: int, root: int) -> list[Matter]:
    """From a matter back to the root it came of, both included; empty when it did not come of it."""
    with connection.cursor() as cursor:
        cursor.execute(_WALK + " select t.id, t.parent from tree t where t.parent is not null", {"root": root, "kinds": list(DESCENT)})
        parent = {int(i): int(p) for i, p in cursor.fetchall()}
    steps = [matter]
    while steps[-1] != root:
        if steps[-1] not in parent:
            return []
        steps.append(parent[steps[-1]])
    found = Matter.objects.in_bulk(steps)
    return [found[i] for i in steps] if all(i in found for i in steps) else []


@dataclass(frozen=True)
class Node:
    """One matter of a tree and how deep it lies under the root; a matter that came of two stands under the first of them alone."""

    matter: Matter
    depth: int


def nodes(root: int) -> list[Node]:
    """Everything that came of a matter in the order of a printed tree, each matter once, as the reader may see it; without the root."""
    with connection.cursor() as cursor:
        cursor.execute(_WALK + " select t.id, t.parent from tree t where t.parent is not null", {"root": root, "kinds": list(DESCENT)})
        pairs = [(int(i), int(p)) for i, p in cursor.fetchall()]
    found = Matter.objects.in_bulk({i for i, _ in pairs})
    below: dict[int, list[Matter]] = {}
    for identity, parent in pairs:
        if identity in found:
            below.setdefault(parent, []).append(found[identity])
    made: list[Node] = []
    seen = {root}
    waiting = [(matter, 1) for matter in _first_last(below.get(root, []))]
    while waiting:
        matter, depth = waiting.pop()
        if matter.id in seen:
            continue
        seen.add(matter.id)
        made.append(Node(matter, depth))
        waiting += [(child, depth + 1) for child in _first_last(below.get(matter.id, []))]
    return made


def _first_last(matters: list[Matter]) -> list[Matter]:
    """Siblings so that the first one in time, then by title, is taken from the end of the list."""
    return sorted(matters, key=lambda m: (m.opened_at, m.title, m.id), reverse=True)

@dataclass(frozen=True)
class FieldLine:
    """One field of a campaign in a line: units inspected → leads → cases → persons filed, sanctioned, sent to justice (seed row S2-17)."""

    topic: Matter
    units: list[str]
    line: Line

    @property
    def leads(self) -> int:
        """Leads that came of its inspection."""
        return self.line.matters.get("lead", 0)

    @property
    def cases(self) -> int:
        """Cases that came of those leads."""
        return self.line.matters.get("case", 0)


def fields(campaign: int) -> list[FieldLine]:
    """The fields of a campaign in the order in which they were opened, as the reader may see them; a field not inspected yet has no units."""
    topics = Matter.objects.filter(links_in__source_id=campaign, links_in__kind="child", kind="campaign_topic").order_by("opened_at", "id").distinct()
    found = []
    for topic in topics:
        units = Fact.objects.filter(matter_id__in=members(topic.id), code="round.unit", retracted_at=None).values_list("text", flat=True)
        found.append(FieldLine(topic, sorted(set(units)), line(topic.id)))
    return found


def from_package(package: Matter) -> Line:
    """What a disclosure led to (seed row S2-11): the leads that the round says its package led to, their cases, and each person once.

    Only who may open the package, the round and each matter of the chain counts it; the link is by id, from the package to the lead.
    """
    return line(package.id)
