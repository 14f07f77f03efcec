"""Two ledgers laid side by side, and what a lead from inspection still lacks: 件件有督办、件件有结果、件件有回音 (S2-24, S2-26)."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xieli.office.matters.tables.core import MatterLink
from xieli.office.matters.tables.handover import Feedback, FeedbackDuty, Reminder
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import Outcome


@dataclass(frozen=True)
class Gap:
    """What stands in one ledger only, and what stands in one of them twice."""

    only_first: list[str]
    only_second: list[str]
    twice: list[str]

    @property
    def agree(self) -> bool:
        """Nothing differs."""
        return not (self.only_first or self.only_second or self.twice)


def compare(first: Iterable[str], second: Iterable[str]) -> Gap:
    """Items by name, blanks at the ends ignored; each that differs is named, in the order of its ledger."""
    one, two = [x.strip() for x in first], [x.strip() for x in second]
    counts = Counter(one), Counter(two)
    twice = sorted({x for c in counts for x, n in c.items() if n > 1})
    return Gap([x for x in dict.fromkeys(one) if x not in counts[1]], [x for x in dict.fromkeys(two) if x not in counts[0]], twice)


@dataclass(frozen=True)
class Lists:
    """Matters without a chase or reminder, without a result, without an answer to the sender: three lists."""

    chase: list[int]
    result: list[int]
    echo: list[int]


def without(matters: Iterable[int]) -> Lists:
    """The three lists over the matters that the reader may see."""
    ids = list(matters)
    chased, ended, told = (set(rows.values_list("matter_id", flat=True)) for rows in (
        Reminder.objects.filter(matter_id__in=ids), Outcome.objects.filter(matter_id__in=ids), Feedback.objects.filter(matter_id__in=ids)))
    return Lists([m for m in ids if m not in chased], [m for m in ids if m not in ended], [m for m in ids if m not in told])


def overdue_feedback(owed_to: int, day: date) -> list[FeedbackDuty]:
    """Answers owed to a body that are late on a day, the longest overdue first; what was answered for good owes nothing more."""
    return list(FeedbackDuty.objects.filter(owed_to_id=owed_to, state="open", next_due__lt=day).select_related("matter", "owed_by").order_by("next_due"))


def tree(root: int) -> list[int]:
    """A matter and all that came from it, derived leads of derived leads included, as far as the reader may see."""
    found, ring = [root], [root]
    while ring:
        ring = [t for t in MatterLink.objects.filter(source_id__in=ring).order_by("id").values_list("target_id", flat=True) if t not in found]
        found += dict.fromkeys(ring)
    return found


def retained(root: int) -> list[str]:
    """Persons in custody over the whole tree of a matter, each once: by the keyed digest of the number, else by name."""
    rows = Measure.objects.filter(matter_id__in=tree(root), kind="liuzhi").select_related("subject").order_by("id")
    return list({bytes(m.subject.id_digest) if m.subject.id_digest else m.subject.name: m.subject.name for m in rows}.values())
