"""Where a matter stands in its playbook, and what the world says when a step is tried. Both are plain values."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from .model import Effect, Playbook, Value

SYSTEM = "system"


def _nothing() -> Any:
    return field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Frame:
    """A token is inside one branch of a split: which split, which time it was entered, how many branches it opened,
    and for which body it was entered."""

    split: str
    id: int
    of: int
    body: str | None = None


@dataclass(frozen=True)
class Token:
    """One open step: at which stage, for which body (inside a per-body split), inside which splits."""

    id: int
    stage: str
    body: str | None = None
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Done:
    """One move that was made, by whom and in which role."""

    seq: int
    move: str
    stage: str
    to: str
    person: str
    role: str
    body: str | None = None


@dataclass(frozen=True)
class State:
    """All open steps and the whole history. `result` is the end stage once the matter is closed."""

    playbook: str
    version: int
    sha256: str
    tokens: tuple[Token, ...]
    done: tuple[Done, ...] = ()
    result: str | None = None
    next_id: int = 1

    @property
    def closed(self) -> bool:
        return self.result is not None

    def at(self) -> tuple[str, ...]:
        """Codes of the open stages, sorted; a stage open for three bodies appears three times."""
        return tuple(sorted(token.stage for token in self.tokens))

    def passed(self) -> frozenset[str]:
        """Stages that have been left at least once."""
        return frozenset(done.stage for done in self.done)

    def to_data(self) -> dict[str, Any]:
        """Plain data for storage; `state_from_data` is its inverse."""
        return asdict(self)


def state_from_data(data: Mapping[str, Any]) -> State:
    """Rebuild a State from `to_data()` (lists or tuples, as JSON gives them back)."""
    tokens = tuple(Token(t["id"], t["stage"], t["body"], tuple(Frame(**f) for f in t["frames"])) for t in data["tokens"])
    return State(data["playbook"], data["version"], data["sha256"], tokens, tuple(Done(**d) for d in data["done"]), data["result"], data["next_id"])


@dataclass(frozen=True)
class Child:
    """A sub-matter as its parent sees it: `outcome` is what it has reported so far, open or closed."""

    kind: str
    open: bool
    outcome: str | None = None


@dataclass(frozen=True)
class Context:
    """What the kernel knows at the moment of the step. Everything absent counts as not done.

    `person` acts in `roles` for `body`. `forms` holds the last valid submission of each form; `forms_by_body` those
    given once per body, keyed (form, body). `clocks` maps a clock to not_started, running, suspended, expired or
    stopped; `approvals` an act to pending, approved or refused; `feedback` a duty to owed, given or waived. `people`
    are the persons who hold each role now. `bodies` are the bodies of each party. `prior` says which roles a person
    held in the matters this one came from, keyed by kind. `children` are in the order in which they were opened.
    `postings_over` are the roles filled by a posting whose last day has passed. `kinds` names the kinds of matters (each
    has a `label`) for what is said to a person.
    """

    person: str = SYSTEM
    roles: frozenset[str] = frozenset()
    body: str | None = None
    reason: str = ""
    forms: Mapping[str, Mapping[str, Value]] = _nothing()
    forms_by_body: Mapping[tuple[str, str], Mapping[str, Value]] = _nothing()
    approvals: Mapping[str, str] = _nothing()
    clocks: Mapping[str, str] = _nothing()
    compositions: frozenset[str] = frozenset()
    votes: Mapping[str, frozenset[str]] = _nothing()
    cleared: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    documents: Mapping[str, frozenset[str]] = _nothing()
    children: tuple[Child, ...] = ()
    feedback: Mapping[str, str] = _nothing()
    competence: bool = False
    parent_kind: str | None = None
    parent_passed: frozenset[str] = frozenset()
    people: Mapping[str, frozenset[str]] = _nothing()
    subject: Mapping[str, Value] = _nothing()
    bodies: Mapping[str, tuple[str, ...]] = _nothing()
    body_attributes: Mapping[tuple[str, str], Value] = _nothing()
    relations: frozenset[tuple[str, str, str]] = frozenset()
    facts: Mapping[str, Value] = _nothing()
    files: frozenset[str] = frozenset()
    evidence: int = 0
    authorization: bool = False
    presence: frozenset[str] = frozenset()
    postings_over: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()
    kinds: Mapping[str, object] = _nothing()
    level: str = "top_secret"
    prior: Mapping[str, Mapping[str, frozenset[str]]] = _nothing()


@dataclass(frozen=True)
class Refusal:
    """Why a step was not taken; nothing was changed. `code` is stable."""

    code: str
    zh: str
    en: str


class Result(NamedTuple):
    """The new state, what the kernel must execute in the same transaction, and why not (then nothing changed)."""

    state: State
    effects: tuple[Effect, ...]
    refusals: tuple[Refusal, ...]


class Offer(NamedTuple):
    """A move that leaves an open step, and what (with a context) still stands against it."""

    move: str
    token: int
    stage: str
    body: str | None
    refusals: tuple[Refusal, ...]


def belongs(playbook: Playbook, state: State) -> None:
    """A state is only ever read with the version it was made under; raises ValueError otherwise."""
    if (state.playbook, state.version, state.sha256) != (playbook.code, playbook.version, playbook.sha256):
        raise ValueError(
            f"状态属于 {state.playbook} 第 {state.version} 版，不能用 {playbook.code} 第 {playbook.version} 版来走；请先迁移。"
            f" / The state belongs to {state.playbook} version {state.version}, not to {playbook.code} version {playbook.version}; migrate it first."
        )
