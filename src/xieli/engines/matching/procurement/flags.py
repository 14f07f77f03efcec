"""The flags. `compute` reads releases once and returns groups → identifiers → flag → value.

Single-process flags answer at once; the others gather numbers and answer when all have been read. Each function's
docstring is its definition in our words; all exclusions shared by every flag are in `compute`.
"""
from __future__ import annotations

import configparser
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..words import MatchError
from .release import Json, Release, at, first_currency, ident, instant, listed
from .stats import Fences, fences, quantile

ALL = ("R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058")
OCID, BUYER, ENTITY, TENDERER = "OCID", "Buyer", "ProcuringEntity", "Tenderer"


@dataclass
class Settings:
    """Which flags run (`flags[code]` holds a flag's own settings as text) and what holds for all."""

    flags: dict[str, dict[str, str]] = field(default_factory=lambda: {code: {} for code in ALL})
    day_limits: dict[str, int] = field(default_factory=dict)
    currency: str | None = None
    no_price_comparison: tuple[str, ...] = ()
    price_comparison: tuple[str, ...] = ()
    excluded_details: tuple[str, ...] = ()

    def number(self, code: str, key: str, default: float | None = None) -> float | None:
        text = self.flags.get(code, {}).get(key)
        if not text:
            return default
        try:
            return float(text)
        except ValueError as e:
            raise MatchError("setting", f"{code} 的 {key} 应为数字：{text}", f"{key} of {code} must be a number: {text}") from e

    def choices(self, code: str, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        text = self.flags.get(code, {}).get(key)
        return _bars(text) if text else default


def _bars(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in text.split("|") if p.strip())


def read_settings(text: str) -> Settings:
    """Settings in Cardinal's INI form; a section switches its flag on. MatchError for what is not understood."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string("[top]\n" + text)
    except configparser.Error as e:
        raise MatchError("setting", f"设置文件有误：{e}", f"the settings file is wrong: {e}") from e
    settings = Settings(flags={code: dict(parser[code]) for code in ALL if parser.has_section(code)})
    top = parser["top"]
    settings.currency = top.get("currency")
    settings.no_price_comparison = _bars(top.get("no_price_comparison_procurement_methods", ""))
    settings.price_comparison = _bars(top.get("price_comparison_procurement_methods", ""))
    if parser.has_section("exclusions"):
        settings.excluded_details = _bars(parser["exclusions"].get("procurement_method_details", ""))
    if parser.has_section("R003.procurement_method_details"):
        settings.day_limits = {k: int(v) for k, v in parser["R003.procurement_method_details"].items()}
    return settings


class _Found:
    """Results, what the quartiles were, and which processes stand behind an organisation."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, dict[str, float]]] = {}
        self.meta: dict[str, dict[str, float]] = {}
        self.processes: dict[tuple[str, str, str], set[str]] = defaultdict(set)

    def put(self, group: str, ident: str, code: str, value: float) -> None:
        self.results.setdefault(group, {}).setdefault(ident, {})[code] = float(value)

    def fence(self, code: str, f: Fences, **named: float) -> None:
        self.meta[code] = {k: round(v, 4) for k, v in {"q1": f.q1, "q3": f.q3, **named}.items()}


class _Gathered:
    """Numbers that only all releases together can judge."""

    def __init__(self) -> None:
        self.differences: dict[str, tuple[float, str, str]] = {}
        self.wins: dict[str, int] = defaultdict(int)
        self.valid: dict[str, int] = defaultdict(int)
        self.out: dict[str, dict[str, list[int]]] = {g: defaultdict(lambda: [0, 0]) for g in (BUYER, ENTITY, TENDERER)}
        self.classes: dict[str, set[str]] = defaultdict(set)
        self.awarded: dict[str, set[str]] = defaultdict(set)


def compute(releases: Iterable[Json], settings: Settings | None = None, *, meta: bool = False) -> dict[str, Any]:
    """Flags of all releases: {"OCID": {ocid: {code: value}}, "Buyer": …, "ProcuringEntity": …, "Tenderer": …}.

    A group without results is absent. With `meta` the quartiles and fences stand under "Meta".
    """
    found = compute_found(releases, settings or Settings())
    return {**found.results, "Meta": found.meta} if meta else dict(found.results)


def compute_found(releases: Iterable[Json], settings: Settings) -> _Found:
    """As `compute`, with the processes behind each organisation."""
    found, gathered = _Found(), _Gathered()
    currency = settings.currency
    for raw in releases:
        # For all flags: the id is a text, the tender is not cancelled, its method is not excluded by the settings.
        if not isinstance(raw, dict) or not isinstance(raw.get("ocid"), str) or at(raw, "tender", "status") == "cancelled":
            continue
        if at(raw, "tender", "procurementMethodDetails") in settings.excluded_details:
            continue
        # The main currency is the configured one, otherwise the first observed.
        currency = currency or first_currency(raw)
        release = Release(raw, currency)
        for code, read in _READERS.items():
            if code in settings.flags:
                read(release, settings, found, gathered)
        if "R024" in settings.flags or "R058" in settings.flags:
            _differences(release, settings, gathered)
    for code, close in _CLOSERS.items():
        if code in settings.flags:
            close(settings, found, gathered)
    return found


def _prices_compare(release: Release, settings: Settings) -> bool:
    if settings.no_price_comparison and release.details in settings.no_price_comparison:
        return False
    return not settings.price_comparison or release.details in settings.price_comparison


def _r003(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The submission period is shorter than the limit, in whole days."""
    methods = settings.choices("R003", "procurement_methods")
    if methods and release.method not in methods:
        return
    period = release.tender.get("tenderPeriod")
    start, end = instant(at(period, "startDate")), instant(at(period, "endDate"))
    if start is None or end is None:
        return
    limit = settings.day_limits.get(str(release.details), int(settings.number("R003", "threshold", 15) or 0))
    # whole days, towards zero: a period that ends before it begins by hours has none
    if int((end - start).total_seconds() / 86_400) < limit:
        found.put(OCID, release.ocid, "R003", 1.0)


def _r018(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """One tenderer in a competitive procedure."""
    count = release.tender.get("numberOfTenderers")
    if type(count) is int and count == 1 and release.method in settings.choices("R018", "procurement_methods", ("open", "selective")):
        found.put(OCID, release.ocid, "R018", 1.0)


def _differences(release: Release, settings: Settings, gathered: _Gathered) -> None:
    """(lowest valid bid of another − lowest of the winner) ÷ the winner's, where the lowest price won. Joint bids are passed over.

    A process that stands on two lines counts as it stands last.
    """
    winner = release.single_winner()
    if winner is None or not _prices_compare(release, settings):
        return
    priced = [(b.amount, b.tenderers[0]) for b in release.with_status("valid") if b.amount is not None and len(b.tenderers) == 1]
    own = [amount for amount, who in priced if who == winner]
    others = [(amount, who) for amount, who in priced if who != winner]
    # a price of nothing or less has no percentage
    if not own or not others or min(own) <= 0:
        return
    winning, (second, behind) = min(own), min(others, key=lambda b: b[0])
    if second >= winning:
        gathered.differences[release.ocid] = ((second - winning) / winning, winner, behind)


def _r024(settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The difference is at or below the lower fence; winner and second are named."""
    limit = settings.number("R024", "threshold")
    if limit is None:
        f = fences([d for d, _, _ in gathered.differences.values()])
        if f is None:
            return
        found.fence("R024", f, lower_fence=f.lower)
        limit = f.lower
    # differences are never negative: at a fence of nothing every equal price would be flagged
    for ocid, (difference, winner, behind) in gathered.differences.items() if limit > 0 else ():
        if difference <= limit:
            found.put(OCID, ocid, "R024", difference)
            for who in (winner, behind):
                found.put(TENDERER, who, "R024", 0.0)
                found.processes[TENDERER, who, "R024"].add(ocid)


def _r058(settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The difference is at or above the upper fence; the winner is named."""
    limit = settings.number("R058", "threshold")
    if limit is None:
        f = fences([d for d, _, _ in gathered.differences.values()])
        if f is None:
            return
        found.fence("R058", f, upper_fence=f.upper)
        limit = f.upper
    for ocid, (difference, winner, _) in gathered.differences.items() if limit > 0 else ():
        if difference >= limit:
            found.put(OCID, ocid, "R058", difference)
            found.put(TENDERER, winner, "R058", 0.0)
            found.processes[TENDERER, winner, "R058"].add(ocid)


def _r025_read(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """Processes won and processes bid in, per tenderer, where all awards are complete and one supplier has the one active award.

    However often a tenderer bids in a process, it counts once; joint bids are passed over.
    """
    winner = release.single_winner()
    if winner is None:
        return
    for who in {b.tenderers[0] for b in release.with_status("valid") if len(b.tenderers) == 1}:
        gathered.valid[who] += 1
        gathered.wins[who] += who == winner
        found.processes[TENDERER, who, "R025"].add(release.ocid)


def _r025(settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """A top tenderer (by number of valid bids) whose share of wins is at or below the lower fence."""
    if not gathered.valid:
        return
    ratios = {who: gathered.wins[who] / n for who, n in gathered.valid.items()}
    top = quantile(list(gathered.valid.values()), (settings.number("R025", "percentile", 75) or 0) / 100)
    limit = settings.number("R025", "threshold")
    if limit is None:
        f = fences(list(ratios.values()))
        if f is None:
            return
        found.fence("R025", f, lower_fence=f.lower)
        limit = f.lower
    for who, ratio in ratios.items() if limit > 0 else ():
        if gathered.valid[who] >= top and ratio <= limit:
            found.put(TENDERER, who, "R025", ratio)


def _r028(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """Different tenderers submitted the same price in the same currency, whichever that is."""
    if not _prices_compare(release, settings):
        return
    at_price: dict[tuple[float, str], set[frozenset[str]]] = defaultdict(set)
    for bid in release.with_status("pending", "valid", "disqualified"):
        if bid.price is not None and bid.tenderers:
            at_price[bid.price].add(frozenset(bid.tenderers))
    for groups in at_price.values():
        if len(groups) > 1:
            found.put(OCID, release.ocid, "R028", 1.0)
            for who in sorted(frozenset().union(*groups)):
                found.put(TENDERER, who, "R028", 1.0)
                found.processes[TENDERER, who, "R028"].add(release.ocid)


def _r030(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """A valid bid that came after the deadline is of a supplier of an active award."""
    deadline = instant(at(release.tender, "tenderPeriod", "endDate"))
    if deadline is None:
        return
    suppliers = {s for a in release.active for s in release.suppliers(a)}
    for bid in release.with_status("valid"):
        if bid.date is not None and bid.date > deadline:
            for who in bid.tenderers:
                if who in suppliers:
                    found.put(OCID, release.ocid, "R030", 1.0)
                    found.put(TENDERER, who, "R030", 1.0)
                    found.processes[TENDERER, who, "R030"].add(release.ocid)


def _r035(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """One tenderer has valid bids and all active awards; others' bids were disqualified."""
    if not release.awards_complete or not release.active:
        return
    valid = {who for b in release.with_status("valid") for who in b.tenderers}
    suppliers = {s for a in release.active for s in release.suppliers(a)}
    if len(valid) != 1 or valid != suppliers:
        return
    refused = {who for b in release.with_status("disqualified") for who in b.tenderers} - valid
    if len(refused) >= (settings.number("R035", "threshold", 1) or 0) and refused:
        found.put(OCID, release.ocid, "R035", len(refused))
        (winner,) = valid
        found.put(TENDERER, winner, "R035", 0.0)
        found.processes[TENDERER, winner, "R035"].add(release.ocid)


def _r036(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The lowest submitted bid was disqualified, there is an active award, and a valid bid has a price."""
    if not release.active or not _prices_compare(release, settings):
        return
    if not any(b.amount is not None for b in release.with_status("valid")):
        return
    priced = [(b.amount, b.status) for b in release.with_status("pending", "valid", "disqualified") if b.amount is not None]
    # of equal lowest prices the first that stands there is the lowest
    if min(priced, key=lambda b: b[0])[1] == "disqualified":
        found.put(OCID, release.ocid, "R036", 1.0)


def _r038_read(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """Disqualified and submitted bids per buyer, procuring entity and tenderer."""
    buyer, entity = ident(at(release.raw, "buyer", "id")), ident(at(release.tender, "procuringEntity", "id"))
    for bid in release.with_status("pending", "valid", "disqualified"):
        refused = bid.status == "disqualified"
        for group, who in ((BUYER, buyer), (ENTITY, entity), *((TENDERER, t) for t in bid.tenderers)):
            if who is not None:
                count = gathered.out[group][who]
                count[0] += refused
                count[1] += 1
                found.processes[group, who, "R038"].add(release.ocid)


def _r038(settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The share disqualified is at or above the upper fence of its group.

    The minimum for buyers and entities is named after contracting processes, but the definition's own demonstration
    flags a buyer with one process and two bids: the minimum counts submitted bids.
    """
    for group, key in ((BUYER, "minimum_contracting_processes"), (ENTITY, "minimum_contracting_processes"), (TENDERER, "minimum_submitted_bids")):
        least = settings.number("R038", key, 2) or 0
        ratios = {who: a / b for who, (a, b) in gathered.out[group].items() if b >= least}
        limit = settings.number("R038", "threshold")
        if limit is None:
            f = fences(list(ratios.values()))
            if f is None:
                continue
            found.fence("R038", f, **{f"{group.lower()}_upper_fence": f.upper})
            limit = f.upper
        for who, ratio in ratios.items() if limit > 0 else ():
            if ratio >= limit:
                found.put(group, who, "R038", ratio)


def _r048_read(release: Release, settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """First-level item classes and processes per supplier, over active awards to one supplier."""
    digits = int(settings.number("R048", "digits", 2) or 2)
    for award in release.active:
        if len(listed(award.get("suppliers"))) != 1:
            continue
        classes = {code[:digits] for item in listed(award.get("items")) if (code := ident(at(item, "classification", "id"))) is not None}
        # a process without a class says nothing of variety and is not counted
        for who in release.suppliers(award) if classes else ():
            gathered.awarded[who].add(release.ocid)
            found.processes[TENDERER, who, "R048"].add(release.ocid)
            gathered.classes[who] |= classes


def _r048(settings: Settings, found: _Found, gathered: _Gathered) -> None:
    """The variety of item classes is at or above the upper fence of suppliers with enough processes."""
    least = settings.number("R048", "minimum_contracting_processes", 20) or 0
    variety = {who: len(classes) for who, classes in gathered.classes.items() if len(gathered.awarded[who]) >= least}
    limit = settings.number("R048", "threshold")
    if limit is None:
        f = fences(list(variety.values()))
        if f is None:
            return
        found.fence("R048", f, upper_fence=f.upper)
        limit = f.upper
    for who, n in variety.items():
        if n >= limit:
            found.put(TENDERER, who, "R048", n)


_READERS = {
    "R003": _r003, "R018": _r018, "R025": _r025_read, "R028": _r028, "R030": _r030, "R035": _r035, "R036": _r036,
    "R038": _r038_read, "R048": _r048_read,
}  # fmt: skip
_CLOSERS = {"R024": _r024, "R025": _r025, "R038": _r038, "R048": _r048, "R058": _r058}


def read_releases(path: Path) -> Iterable[Json]:
    """Releases of a JSON Lines file, one at a time; a line that is none is passed over as Cardinal does."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value


def flag_step(rows: list[dict[str, Any]], parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The step of the flag models: rows (row_ref, ocid, body) to one hit per flagged process or organisation."""
    code = parameters["flag"]
    own = {k: v for k, v in parameters.items() if k not in ("flag", "currency", "no_price_comparison", "excluded_details")}
    settings = Settings(
        flags={code: own}, currency=parameters.get("currency") or None,
        no_price_comparison=_bars(parameters.get("no_price_comparison", "")), excluded_details=_bars(parameters.get("excluded_details", "")),
    )  # fmt: skip
    found = compute_found((json.loads(r["body"]) for r in rows), settings)
    refs: dict[str, list[int]] = defaultdict(list)
    for r in rows:
        refs[r["ocid"]].append(int(r["row_ref"]))
    out = []
    for group, people in found.results.items():
        for who, flags in people.items():
            if group == OCID:
                out.append({"ocid": who, "organisation": None, "value": flags[code], "release_rows": refs[who]})
            elif OCID not in found.results:
                processes = sorted(found.processes[group, who, code])
                out.append({"ocid": None, "organisation": who, "value": flags[code], "release_rows": [n for p in processes for n in refs[p]]})
    return out
