"""Rules of law as values: versions by date, limits, extensions, how a period is counted, how far the text was read.

A rule is keyed by a stable id (``cn.jcf.liuzhi``), never by an article number: the article is resolved by the date of the
act, because an amendment renumbers.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from .errors import ClockError, RuleNotInForce


class Unit(StrEnum):
    """Units of a legal period."""

    HOUR = "hour"
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


# How many calendar months one unit is; only these three convert into one another.
MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


class Sense(StrEnum):
    """What the end of the period means."""

    AT_MOST = "at_most"      # a body must have acted by then
    AT_LEAST = "at_least"    # something must be kept, or waited for, until then
    RIGHT = "right"          # a person may act until then
    BEFORE = "before"        # an act must precede another by at least this much
    TERM = "term"            # something lapses by itself then


class Stricter(StrEnum):
    """In which direction a local pack may tighten a rule."""

    SHORTER = "shorter"
    LONGER = "longer"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several limits of a rule, e.g. 6, 12, 18 or 24 months by kind of sanction."""

    code: str
    text: Text
    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Limit:
    """How long. Exactly one of: a number, ``choices``, ``words`` (no number in law), ``set_by`` (paper or local)."""

    amount: int | None = None
    unit: Unit | None = None
    recurs: bool = False
    uncertain: bool = False
    words: str = ""
    set_by: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """A lawful way to extend: longest step (None: as approved), cap on the count (None: no cap), who, on what ground.

    ``after`` names the extension that must come first; ``window`` says how long before expiry it may be decided at
    the earliest.
    """

    code: str
    text: Text
    amount: int | None
    unit: Unit | None
    times: int | None
    approver: str
    grounds: tuple[str, ...] = ()
    after: str = ""
    article: str = ""
    window: tuple[int, Unit] | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """A ground on which the clock may stand still, and who may decide it. Code ``*`` admits any ground."""

    code: str
    text: Text
    authority: str


@dataclass(frozen=True, slots=True)
class Restart:
    """A lawful restart: how often, by whom, on what ground, by bodies of which rank at least."""

    text: Text
    times: int
    approver: str
    grounds: tuple[str, ...]
    article: str
    body_rank: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law or rule text, with the dates between which it is in force."""

    code: str
    text: Text
    title: str
    since: date | None
    until: date | None
    period: str


@dataclass(frozen=True, slots=True)
class Citation:
    """An article as cited for one date. ``verified`` is the code of how far its text was read.

    ``mapped``: the number comes from a renumbering table; ``article_unverified``: the number could not be read.
    """

    instrument: str
    text: Text
    article: str
    verified: str
    mapped: bool = False
    article_unverified: bool = False

    @property
    def unverified(self) -> bool:
        """Whether the reader must be shown 未核实."""
        return self.article_unverified or self.verified not in ("V1", "OWNER")

    def label(self, lang: str = "zh") -> str:
        """The citation in words, with the mark 未核实 / unverified where it belongs."""
        if not self.article:
            return f"{self.text.zh}〔条号未核实〕" if lang == "zh" else f"{self.text.en} [article unverified]"
        if lang == "zh":
            return self.text.zh + article_zh(self.article) + ("〔未核实〕" if self.unverified else "")
        return f"{self.text.en}, art. {self.article.replace('、', ', ')}" + (" [unverified]" if self.unverified else "")


def article_zh(article: str) -> str:
    """``48(1)、71`` → ``第48条第1款、第71条``; forms that are not plain numbers are kept."""
    parts = []
    for part in article.split("、"):
        found = re.fullmatch(r"(\d+(?:[-–]\d+)?)(?:\((\d+)\))?", part)
        parts.append(f"第{found[1]}条" + (f"第{found[2]}款" if found[2] else "") if found else part)
    return "、".join(parts)


@dataclass(frozen=True, slots=True)
class Version:
    """A rule as it reads for acts from ``since`` to ``until`` (both included; None is open).

    ``carried_forward``: the text that was read ended at ``until`` but the rule very probably lives on under another
    article; it then applies after ``until`` too, cited as article unverified.
    """

    since: date | None
    until: date | None
    cite: tuple[tuple[str, str, bool], ...]
    verified: str
    confidence: str
    limit: Limit | None
    extensions: tuple[Extension, ...] = ()
    restart: Restart | None = None
    suspensions: tuple[Suspension, ...] = ()
    carried_forward: bool = False
    row: str = ""
    note: Text | None = None
    local: LocalLimit | None = None


@dataclass(frozen=True, slots=True)
class LocalLimit:
    """A limit that a local pack sets in place of the national one, with the document it rests on."""

    pack: str
    since: date | None
    until: date | None
    limit: Limit
    document: Text


@dataclass(frozen=True, slots=True)
class Period:
    """How an instrument counts: which way a last day on a holiday rolls, and whether that text was read."""

    code: str
    text: Text
    basis: str
    verified: str
    roll: str
    custody_roll: str
    ours: bool


@dataclass(frozen=True, slots=True)
class ArticleMap:
    """Old article → new articles when ``older`` became ``newer``."""

    older: str
    newer: str
    back: Mapping[str, str]
    same_up_to: int
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Law:
    """What citations are resolved against: instruments, ways of counting, renumbering tables."""

    instruments: Mapping[str, Instrument]
    periods: Mapping[str, Period]
    maps: tuple[ArticleMap, ...]
    vocabulary: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)

    def word(self, name: str, code: str) -> Text:
        """The words for a code of a vocabulary; the code itself when it has none."""
        return self.vocabulary.get(name, {}).get(code, Text(code, code))

    def words(self, name: str, codes: tuple[str, ...]) -> Text:
        """Several codes in words, joined."""
        texts = [self.word(name, code) for code in codes]
        return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))

    def successor(self, code: str) -> Instrument | None:
        """The instrument that replaced ``code``, if a table knows one."""
        return next((self.instruments[item.newer] for item in self.maps if item.older == code), None)

    def article_on(self, code: str, article: str, on: date) -> tuple[str, str, bool, bool]:
        """(instrument, article, mapped, changed) as it stood on ``on``, walking renumbering tables backwards."""
        instrument = self.instruments[code]
        mapped = changed = False
        while instrument.since is not None and on < instrument.since:
            table = next((item for item in self.maps if item.newer == instrument.code), None)
            if table is None or not table.back:
                break
            article, moved = _map_back(article, table)
            mapped, changed = True, changed or moved
            instrument = self.instruments[table.older]
        return instrument.code, article, mapped, changed


def _map_back(article: str, table: ArticleMap) -> tuple[str, bool]:
    parts, changed = [], False
    for part in article.split("、"):
        number = "".join(ch for ch in part.partition("(")[0] if ch.isdigit())
        paragraph = part[len(number):]
        if number and int(number) <= table.same_up_to:
            old = number
        else:
            old = table.back.get(number, "")
            # A paragraph of an article that was split or moved cannot be carried back with its number.
            paragraph = "" if old else paragraph
        if old:
            changed = changed or old in table.changed
            if (text := old + paragraph) not in parts:
                parts.append(text)
    return "、".join(parts), changed


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule under its stable id. ``at(day)`` gives the version for an act of that day."""

    id: str
    text: Text
    gist: Text
    category: str
    pack: str
    kind: str
    calendar: str
    stricter: Stricter
    versions: tuple[Version, ...]
    law: Law = field(repr=False, compare=False)
    starts: str = ""
    sense: Sense = Sense.AT_MOST
    custody: bool = False
    readings: tuple[str, ...] = ("start_excluded",)
    roll: str = "none"
    roll_verified: str = "U"
    roll_ours: bool = False
    part_of: str = ""
    aliases: tuple[str, ...] = ()
    local_sets: bool = False
    min_gap_hours: int = 0
    warn: tuple[int, Unit] | None = None
    consequence: Text | None = None
    note: Text | None = None
    overrides: tuple[LocalLimit, ...] = ()

    @property
    def statutory(self) -> bool:
        """Whether the limit is law (drawn solid), not a local or internal target (drawn hollow)."""
        return self.kind != "local"

    def at(self, day: date) -> Version:
        """The version that governs an act of ``day``, with a local limit where one applies.

        Raises RuleNotInForce when the rule does not reach that day.
        """
        for version in reversed(self.versions):
            if version.since is not None and day < version.since:
                continue
            if version.until is not None and day > version.until and not version.carried_forward:
                continue
            for local in self.overrides:
                if (local.since is None or local.since <= day) and (local.until is None or day <= local.until):
                    return replace(version, limit=local.limit, local=local)
            return version
        raise RuleNotInForce(
            f"规则“{self.text.zh}”（{self.id}）不适用于 {day} 的行为。请按行为当日的法律选用规则。",
            f"The rule “{self.text.en}” ({self.id}) does not govern acts of {day}. Choose the rule by the law of the day.",
        )

    def in_force(self, day: date) -> bool:
        """Whether any version governs acts of ``day``."""
        try:
            self.at(day)
        except RuleNotInForce:
            return False
        return True

    def cite(self, day: date) -> tuple[Citation, ...]:
        """The articles for an act of ``day``, numbers as they stood on that day, each with its verification code."""
        version = self.at(day)
        ended = version.carried_forward and version.until is not None and day > version.until
        found = []
        for code, article, uncertain in version.cite:
            instrument = self.law.instruments[code]
            if ended:
                later = self.law.successor(code) or instrument
                found.append(Citation(later.code, later.text, "", version.verified, article_unverified=True))
                continue
            current, number, mapped, changed = self.law.article_on(code, article, day)
            missing = article != "" and number == ""
            found.append(Citation(
                current, self.law.instruments[current].text, number,
                # The old text of a materially changed article was not read against the row.
                "V2p" if changed and version.verified == "V1" else version.verified,
                mapped=mapped, article_unverified=uncertain or missing or article == "",
            ))
        return tuple(found)

    def unverified(self, day: date) -> bool:
        """Whether the reader must be shown 未核实 for an act of ``day``."""
        version = self.at(day)
        uncertain = version.limit is not None and version.limit.uncertain
        return uncertain or any(citation.unverified for citation in self.cite(day))


EMPTY_LAW = Law({}, {}, ())


def internal_rule(
    id: str, zh: str, en: str, amount: int, unit: Unit, *, calendar: str = "cn-mainland", roll: str = "next_working_day",
    extensions: tuple[Extension, ...] = (), suspensions: tuple[Suspension, ...] = (), recurs: bool = False,
    readings: tuple[str, ...] = ("start_excluded",), custody: bool = False, starts: str = "",
) -> Rule:
    """A rule that is a body's own target, not law: for playbooks and agreements. Drawn hollow on the screen."""
    version = Version(None, None, (), "OWNER", "H", Limit(amount, unit, recurs=recurs), extensions, None, suspensions)
    return Rule(
        id=id, text=Text(zh, en), gist=Text(zh, en), category="internal", pack="internal", kind="local", calendar=calendar,
        stricter=Stricter.NONE, versions=(version,), law=EMPTY_LAW, starts=starts, readings=readings, custody=custody,
        roll="none" if unit is Unit.HOUR else roll, roll_verified="OWNER",
    )


class RuleBook(Mapping[str, Rule]):
    """Rules by id; old ids (aliases) resolve to the rule that absorbed them."""

    def __init__(self, rules: Mapping[str, Rule], law: Law) -> None:
        self._rules = dict(rules)
        self._alias = {alias: rule.id for rule in rules.values() for alias in rule.aliases}
        self.law = law

    def __getitem__(self, id: str) -> Rule:
        rule = self._rules.get(self._alias.get(id, id))
        if rule is None:
            raise KeyError(id)
        return rule

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, id: str) -> Rule:
        """The rule under ``id`` or an old id. Raises ClockError in plain words."""
        try:
            return self[id]
        except KeyError:
            raise ClockError(f"没有规则 {id}。", f"There is no rule {id}.") from None
