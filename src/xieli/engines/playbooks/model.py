"""A playbook as frozen data. Built by load.py only; nothing here decides anything."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Path

Value = Any  # str | int | bool | tuple of these: what a YAML leaf may hold


@dataclass(frozen=True)
class Label:
    """A name in both languages; neither may be empty."""

    zh: str
    en: str

    def say(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Amount:
    """A length of time or a distance before a due date: `amount` in `unit` (hour, day, working_day, month, …)."""

    amount: int
    unit: str


@dataclass(frozen=True)
class Origin:
    """Where a provision comes from: national law, a local rule, or our own default (shown as such)."""

    source: str = "law"
    basis: tuple[str, ...] = ()


@dataclass(frozen=True)
class Party:
    """A body's place in the matter. `many` allows several bodies (towns, departments)."""

    code: str
    label: Label
    kinds: tuple[str, ...] = ()
    rank: str | None = None
    many: bool = False


@dataclass(frozen=True)
class Role:
    """What a person does in the matter: of which party, at least how many, and whether he needs investigative standing.

    `room`: only the room of that kind at the party's body. `named`: only the person whom that field of a form names.
    """

    code: str
    label: Label
    of: str
    people: int = 1
    standing: bool = False
    room: str | None = None
    named: str | None = None


@dataclass(frozen=True)
class Slot:
    """A seat of a composition: how many (`most` None is X, without limit) and what the holder must be."""

    code: str
    label: Label
    least: int
    most: int | None
    party: str | None = None
    role: str | None = None
    rank: str | None = None
    skill: str | None = None
    office: str | None = None
    standing: bool = False
    per: str | None = None


@dataclass(frozen=True)
class Composition:
    """1+2+1+X, 1+N+N, two heads …: valid only when every slot is filled. `decide` says how it agrees."""

    code: str
    label: Label
    slots: tuple[Slot, ...]
    decide: str | None = None
    rotation: str | None = None
    origin: Origin = Origin()


@dataclass(frozen=True)
class Option:
    code: str
    label: Label


@dataclass(frozen=True)
class FactRule:
    """A form field that is projected to a fact row: its code, unit, and which fields hold its subject and date."""

    code: str
    unit: str | None = None
    subject: str | None = None
    date: str | None = None


@dataclass(frozen=True)
class Computed:
    """A value worked out from other fields of the form; `weights` are per cent and belong to `of` in order."""

    how: str
    of: tuple[str, ...]
    weights: tuple[int, ...] = ()


@dataclass(frozen=True)
class FormField:
    """One field. `required_if` and `only_if` name fields beside it: with those values it must be filled in, and without them it must stay empty.
    `roster` (of a table) names the text field beside it that holds a system (sector): every body of that system has its row."""

    code: str
    label: Label
    help: Label | None
    type: str
    required: bool = False
    required_if: tuple[tuple[str, Value], ...] = ()
    options: tuple[Option, ...] = ()
    least: int | None = None
    most: int | None = None
    format: str | None = None
    unit: str | None = None
    columns: tuple[FormField, ...] = ()
    computed: Computed | None = None
    fact: FactRule | None = None
    sealed: str | None = None
    of: str | None = None
    only_if: tuple[tuple[str, Value], ...] = ()
    roster: str | None = None


@dataclass(frozen=True)
class Form:
    """Fields in file order; `per` a party means one submission for each of its bodies; with `adds` a later submission stands beside the earlier ones (a day's attendance, a month's sample) instead of correcting them."""

    code: str
    label: Label
    fields: tuple[FormField, ...]
    per: str | None = None
    adds: bool = False

    def field(self, code: str) -> FormField | None:
        return next((f for f in self.fields if f.code == code), None)


@dataclass(frozen=True)
class Clock:
    """A clock: a rule of content/statutes (`rule`) or a length of our own (`local`), and the events that move it.

    Events are `open`, `close`, `enter:STAGE`, `leave:STAGE`, `move:MOVE`; effects may move it as well.
    """

    code: str
    label: Label
    rule: str | None
    local: Amount | None
    starts_on: tuple[str, ...]
    stops_on: tuple[str, ...]
    suspends_on: tuple[str, ...] = ()
    resumes_on: tuple[str, ...] = ()
    starts_at: str | None = None
    warn_at: tuple[Amount, ...] = ()
    on_expiry: str = "warn"
    alarm: tuple[str, ...] = ()
    origin: Origin = Origin()


@dataclass(frozen=True)
class Guard:
    """One condition: a word of vocabulary.GUARDS and its arguments, sorted by name."""

    test: str
    args: tuple[tuple[str, Value], ...]

    def get(self, name: str, default: Any = None) -> Any:
        return dict(self.args).get(name, default)


Condition = tuple[tuple[Guard, ...], ...]  # any group, all of its rows; () is "always"


@dataclass(frozen=True)
class Effect:
    """One thing the kernel must do: a word of vocabulary.EFFECTS and its arguments, sorted by name."""

    do: str
    args: tuple[tuple[str, Value], ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        return dict(self.args).get(name, default)


@dataclass(frozen=True)
class Approver:
    """One signature of a chain: which office at which level; `how` is sign, collective or file (only put on record)."""

    office: str
    level: str
    how: str = "sign"


@dataclass(frozen=True)
class Chain:
    """The approvers that apply when `when` holds (subject and body guards only); an empty `when` is the default."""

    when: Condition
    steps: tuple[Approver, ...]


@dataclass(frozen=True)
class Approval:
    """An act that needs approval. Decided only after the acts of `after` have been approved."""

    code: str
    label: Label
    act_class: str
    chains: tuple[Chain, ...]
    proposer: str
    after: tuple[str, ...] = ()
    deputies: bool = False
    delegable: bool = False
    oral: bool = False
    paper: bool = True
    origin: Origin = Origin()


@dataclass(frozen=True)
class Document:
    code: str
    label: Label
    series: str | None = None
    receipt: bool = False
    origin: Origin = Origin()


@dataclass(frozen=True)
class Product:
    """Something a stage must leave behind: a form, a document, or a thing recorded in the files."""

    code: str
    label: Label
    form: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class Outcome:
    code: str
    label: Label
    unit: str


@dataclass(frozen=True)
class Feedback:
    """The duty to report back: to whom, first within, then every, until closed; `waivable` with a recorded reason."""

    code: str
    label: Label
    to: str
    rule: str | None
    first: Amount | None
    then: Amount | None
    waivable: bool
    origin: Origin = Origin()


@dataclass(frozen=True)
class Separation:
    """Who did one of `first` may do none of `second`, and the other way round.

    Codes are moves, or stages standing for the forward moves that leave them.
    """

    code: str
    label: Label
    first: tuple[str, ...]
    second: tuple[str, ...]
    origin: Origin = Origin()


@dataclass(frozen=True)
class Prior:
    """Who was one of `was` in a matter of `kind` that this one came from may not be `role` here."""

    code: str
    label: Label
    kind: str
    was: tuple[str, ...]
    role: str
    origin: Origin = Origin()


@dataclass(frozen=True)
class Recusal:
    """How sensitive the kind is to ties: which roles are checked before access and which parties are computed."""

    sensitivity: str
    roles: tuple[str, ...]
    parties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Secrecy:
    default: str
    floor: str
    compartment: bool = False


@dataclass(frozen=True)
class Series:
    code: str
    label: Label
    pattern: str
    per: str


@dataclass(frozen=True)
class Stage:
    code: str
    kind: str
    label: Label
    start: bool = False
    roles: tuple[str, ...] = ()
    form: str | None = None
    clock: str | None = None
    no_limit: Label | None = None
    per: str | None = None
    joins: str | None = None
    decides: str | None = None
    outcomes: tuple[Option, ...] = ()
    products: tuple[str, ...] = ()
    help: Label | None = None
    effects: tuple[Effect, ...] = ()
    result: str | None = None
    owes_nothing: Label | None = None
    origin: Origin = Origin()


@dataclass(frozen=True)
class Move:
    """One arrow. `sources` may name several stages; `who` empty means the roles of the stage, `system` the sweeper.

    `lawful_exit` marks the acts that stay open after a custody limit has passed (release, change, transfer, care, …).
    """

    code: str
    label: Label
    sources: tuple[str, ...]
    to: str
    kind: str = "forward"
    outcome: str | None = None
    who: tuple[str, ...] = ()
    needs: str | None = None
    when: Condition = ()
    effects: tuple[Effect, ...] = ()
    reason: bool = False
    lawful_exit: bool = False
    form: str | None = None
    origin: Origin = Origin()


@dataclass(frozen=True)
class Playbook:
    """One version of one matter kind. `sha256` is over its stored form (stored.py); two installations with equal hashes mean the same."""

    code: str
    label: Label
    about: Label
    version: int
    origin: Origin
    unverified: tuple[str, ...]
    rows: tuple[str, ...]
    parties: Mapping[str, Party]
    roles: Mapping[str, Role]
    compositions: Mapping[str, Composition]
    secrecy: Secrecy
    series: Mapping[str, Series]
    forms: Mapping[str, Form]
    clocks: Mapping[str, Clock]
    documents: Mapping[str, Document]
    products: Mapping[str, Product]
    outcomes: Mapping[str, Outcome]
    messages: Mapping[str, Label]
    approvals: Mapping[str, Approval]
    feedback: Mapping[str, Feedback]
    separation: Mapping[str, Separation]
    prior: Mapping[str, Prior]
    recusal: Recusal
    stages: Mapping[str, Stage]
    moves: Mapping[str, Move]
    sha256: str
    content: Mapping[str, Any] = field(repr=False, compare=False)
    file: str = field(default="", repr=False, compare=False)
    lines: Mapping[Path, int] = field(default_factory=dict, repr=False, compare=False)

    @property
    def start(self) -> Stage:
        """The one stage where a matter of this kind begins (the publish checks make it exactly one)."""
        return next(stage for stage in self.stages.values() if stage.start)

    def moves_from(self, stage: str) -> tuple[Move, ...]:
        """Moves that may leave this stage, in file order."""
        return tuple(move for move in self.moves.values() if stage in move.sources)

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)
