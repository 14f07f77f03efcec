"""Random walks: play a playbook from its start with a world that does what it is asked, and see whether it ends.

The walk uses the real semantics (`steps.apply`); only the world around it is invented: forms are filled with valid
random values, approvers approve, clocks run out, sub-matters close. What the world cannot do is undo a form already
submitted or bend the rules, so a walk that finds no open move is a defect of the playbook.
"""
from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import domains
from .graph import distance_to_end
from .guards import guard_holds
from .model import Form, FormField, Guard, Move, Playbook
from .state import SYSTEM, Child, Context, State, Token
from .steps import apply, start, who_may

PATIENCE = 60  # moves after which the walk heads for the nearest end
LIMIT = 600
CROWD = 3


@dataclass(frozen=True)
class Walk:
    """One walk: the moves taken, where it ended, or where it was stuck and what was in the way there."""

    seed: int
    steps: tuple[tuple[str, str], ...]
    result: str | None
    stuck: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.result is not None


@dataclass
class World:
    """Everything outside the playbook; `context` freezes it for one step."""

    playbook: Playbook
    rng: random.Random
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms_by_body: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    approvals: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    feedback: dict[str, str] = field(default_factory=dict)
    children: dict[str, str] = field(default_factory=dict)
    yes: set[tuple[Any, ...]] = field(default_factory=set)
    subject: dict[str, Any] = field(default_factory=dict)
    bodies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: dict[tuple[str, str], Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    parent: tuple[str | None, frozenset[str]] = (None, frozenset())
    asked: dict[str, list[Guard]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = [row for move in self.playbook.moves.values() for group in move.when for row in group]
        by_variable: dict[tuple[str, ...], list[Guard]] = {}
        for row in rows:
            if row.test == "field":
                self.asked.setdefault(row.get("of"), []).append(row)
            if row.test in ("subject", "body", "fact"):
                by_variable.setdefault(domains.variable(row), []).append(row)
        for what, mine in by_variable.items():
            value = self.rng.choice(domains.domain(self.playbook, what, mine))
            if what[0] == "subject":
                self.subject[what[1]] = value
            elif what[0] == "body":
                self.attributes[(what[1], what[2])] = value
            else:
                self.facts[what[1]] = value
        for party in self.playbook.parties.values():
            count = self.rng.randint(1, 3) if party.many else 1
            self.bodies[party.code] = tuple(f"{party.code}-{n}" for n in range(count))

    def context(self, person: str, roles: frozenset[str], body: str | None) -> Context:
        named = {kind: {args for tag, *args_ in self.yes if tag == kind for args in [tuple(args_)]} for kind in {"slots", "votes", "recusal", "product", "document", "relation", "parent", "evidence", "files", "presence", "posting", "rights"}}
        documents: dict[str, frozenset[str]] = {}
        for code, state in named["document"]:
            documents[code] = documents.get(code, frozenset()) | {state}
        votes: dict[str, frozenset[str]] = {}
        for of, by in named["votes"]:
            votes[of] = votes.get(of, frozenset()) | {by}
        everyone = frozenset(f"p{n}" for n in range(60))
        children = tuple(c for kind, state in self.children.items() for c in _children_of(kind, state))
        return Context(
            person=person, roles=roles, body=body, reason="理由 reason", forms=self.forms, forms_by_body=self.forms_by_body, approvals=self.approvals,
            clocks=self.clocks, compositions=frozenset(a for (a,) in named["slots"]), votes=votes, cleared=frozenset(a for (a,) in named["recusal"]),
            products=frozenset(self.playbook.products), documents=documents, children=children, feedback=self.feedback,
            competence=("competence",) in self.yes, parent_kind=self.parent[0], parent_passed=self.parent[1], people=dict.fromkeys(self.playbook.roles, everyone),
            subject=self.subject, bodies=self.bodies, body_attributes=self.attributes, relations=frozenset((a, b, c) for a, b, c in named["relation"]),
            facts=self.facts, files=frozenset(a for (a,) in named["files"]), evidence=max((n for (n,) in named["evidence"]), default=0),
            authorization=("authorization",) in self.yes, presence=frozenset(a for (a,) in named["presence"]), postings_over=frozenset(a for (a,) in named["posting"]), rights=frozenset(a for (a,) in named["rights"]), level="open",
        )

    def oblige(self, row: Guard) -> None:
        """Let the world do what an open row asks, where the world can."""
        match row.test:
            case "approved" | "refused":
                self.approvals[row.get("act")] = row.test
            case "clock":
                code, wanted = row.get("code"), row.get("is")
                if wanted == "expired" and self.clocks.get(code) in ("running", "suspended"):
                    self.clocks[code] = "expired"
            case "feedback":
                if self.feedback.get(row.get("of")) == "owed":
                    self.feedback[row.get("of")] = "given"
            case "children":
                outcome = row.get("outcome")
                self.children[row.get("kind")] = row.get("are") + (f":{outcome}" if outcome else "")
            case "parent":
                self.parent = (row.get("kind") or self.parent[0], self.parent[1] | {row.get("passed")})
            case "slots" | "recusal" | "posting":
                self.yes.add((row.test, row.get("of")))
            case "votes":
                self.yes.add(("votes", row.get("of"), row.get("by")))
            case "document":
                self.yes.add(("document", row.get("code"), row.get("is")))
            case "relation":
                self.yes.add(("relation", row.get("of"), row.get("to"), row.get("is")))
            case "evidence":
                self.yes.add(("evidence", row.get("at_least")))
            case "files" | "presence":
                self.yes.add((row.test, row.get("are") or row.get("is")))
            case "rights":
                self.yes.add(("rights", row.get("told")))
            case "competence" | "authorization":
                self.yes.add((row.test,))

    def fill(self, form: Form, body: str | None, fixed: Mapping[str, Any]) -> None:
        """Submit the form with random valid values; `fixed` are given."""
        values = random_values(form, self.rng, fixed)
        for one in form.fields:
            asked = self.asked.get(f"{form.code}.{one.code}", []) if one.computed else []
            if asked and one.code not in values:
                # what is computed is not entered: the walk tries each result that the guards can tell apart
                values[one.code] = self.rng.choice(domains.domain(self.playbook, ("field", f"{form.code}.{one.code}", ""), asked))
        if form.per and body is not None:
            self.forms_by_body[(form.code, body)] = values
        else:
            self.forms[form.code] = values

    def execute(self, effects: Any) -> None:
        """What the kernel would do to clocks and duties."""
        for effect in effects:
            match effect.do:
                case "start_clock" | "restart_clock" | "resume_clock" | "extend_clock":
                    self.clocks[effect.get("clock")] = "running"
                case "stop_clock":
                    self.clocks[effect.get("clock")] = "stopped"
                case "suspend_clock":
                    self.clocks[effect.get("clock")] = "suspended"
                case "open_feedback_duty":
                    self.feedback[effect.get("duty")] = "owed"
                case "close_feedback_duty":
                    self.feedback[effect.get("duty")] = "given"


def _children_of(kind: str, state: str) -> list[Child]:
    are, _, outcome = state.partition(":")
    match are:
        case "none" | "none_open":
            return []
        case "some_open" | "last":
            return [Child(kind, True, outcome or None)]
        case _:
            return [Child(kind, False, outcome or None)]


def random_values(form: Form, rng: random.Random, fixed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A valid random submission of a form; optional fields are left out about half of the time."""
    return _row(form.fields, rng, dict(fixed or {}))


def _row(fields: tuple[FormField, ...], rng: random.Random, values: dict[str, Any]) -> dict[str, Any]:
    for f in fields:
        if f.type != "computed" and f.code not in values and (f.required or rng.random() < 0.5):
            values[f.code] = _value(f, rng)
    for f in fields:
        if f.required_if and f.code not in values and all(values.get(c) == v for c, v in f.required_if):
            values[f.code] = _value(f, rng)
    for f in fields:
        if any(values.get(c) != v for c, v in f.only_if):
            values.pop(f.code, None)
    return values


def _value(f: FormField, rng: random.Random) -> Any:
    match f.type:
        case "integer" | "money":
            least = f.least if f.least is not None else 0
            return rng.randint(least, f.most if f.most is not None else least + 100)
        case "boolean":
            return rng.random() < 0.5
        case "date":
            return f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        case "datetime":
            return f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T08:30:00+08:00"
        case "choice":
            return rng.choice(f.options).code
        case "choices":
            least = max(1, f.least or 1)
            return [o.code for o in rng.sample(f.options, rng.randint(least, min(len(f.options), f.most or len(f.options))))]
        case "table":
            least = max(1, f.least or 1)
            return [_row(f.columns, rng, {}) for _ in range(rng.randint(least, min(least + 2, f.most or least + 2)))]
        case _:
            samples = {"id_number": "990101199001010011", "phone": "0990-5550100", "credit_code": "99990101MA00000000", "document_number": "九纪〔2025〕1号"}
            text = samples.get(f.format or "", f"{f.label.zh}·示例")
            return text.ljust(f.least or 0, "。")[: f.most or 400]


def walk(playbook: Playbook, seed: int) -> Walk:
    """One random walk. Same playbook and seed, same walk."""
    rng = random.Random(seed)
    world = World(playbook, rng)
    result = start(playbook, world.context(SYSTEM, frozenset(), None))
    if result.refusals:
        return Walk(seed, (), None, tuple(r.en for r in result.refusals))
    state = result.state
    world.execute(result.effects)
    taken: list[tuple[str, str]] = []
    distance = distance_to_end(playbook)
    while not state.closed and len(taken) < LIMIT:
        open_tokens = [t for t in state.tokens if playbook.stages[t.stage].kind not in ("split", "join")]
        rng.shuffle(open_tokens)
        complaints: list[str] = []
        for token in open_tokens:
            moved = _step(world, state, token, distance if len(taken) > PATIENCE else {}, complaints)
            if moved is not None:
                move, state = moved
                taken.append((token.stage, move))
                break
        else:
            return Walk(seed, tuple(taken), None, (f"at {', '.join(state.at())}", *dict.fromkeys(complaints)))
    return Walk(seed, tuple(taken), state.result, () if state.closed else (f"no end after {LIMIT} moves",))


def _step(world: World, state: State, token: Token, distance: Mapping[str, int], complaints: list[str]) -> tuple[str, State] | None:
    playbook, rng = world.playbook, world.rng
    stage = playbook.stages[token.stage]
    moves = list(playbook.moves_from(token.stage))
    rng.shuffle(moves)
    if distance:
        moves.sort(key=lambda m: (m.kind in ("return", "redo"), distance.get(m.to, LIMIT)))
    outcome: str | None = None
    form = playbook.forms[stage.form] if stage.form else None
    for move in moves:
        if stage.decides and move.outcome and (outcome is None or outcome != move.outcome):
            outcome = move.outcome
        fixed = {stage.decides.partition(".")[2]: outcome} if stage.decides and outcome and form and stage.decides.startswith(f"{form.code}.") else {}
        for _ in range(24 if form else 1):  # what is entered at this stage is still free: try a few ways to fill it
            if form:
                world.fill(form, token.body, fixed)
            if (after := _try(world, state, token, move, complaints)) is not None:
                return move.code, after
    return None


def _people(roles: frozenset[str], rng: random.Random) -> list[str]:
    """Who may try: a few people who hold every role, then those who hold only this one."""
    everyone = [f"p{n}" for n in range(CROWD)]
    return [*rng.sample(everyone, CROWD), *(f"{role}-{n}" for role in sorted(roles) for n in range(2))]


def _try(world: World, state: State, token: Token, move: Move, complaints: list[str]) -> State | None:
    playbook, rng = world.playbook, world.rng
    stage = playbook.stages[token.stage]
    if move.form:
        world.fill(playbook.forms[move.form], token.body, {})
    if move.needs:
        world.approvals[move.needs] = "approved"
    groups = list(move.when) or [()]
    rng.shuffle(groups)
    allowed = who_may(playbook, move, stage)
    roles = frozenset(allowed) - {SYSTEM}
    people = [SYSTEM] if SYSTEM in allowed and not roles else _people(roles, rng)
    for group in groups:
        if not all(guard_holds(row, state, world.context("p0", roles, token.body)) for row in group if row.test in domains.SETTLED):
            continue
        for row in group:
            world.oblige(row)
        for person in people:
            context = world.context(person, roles, token.body)
            result = apply(playbook, state, move.code, context, token=token.id)
            if any(r.code == "feedback_owed" for r in result.refusals):
                for duty, now in world.feedback.items():
                    if now == "owed":
                        world.feedback[duty] = "given"
                result = apply(playbook, state, move.code, world.context(person, roles, token.body), token=token.id)
            if not result.refusals:
                world.execute(result.effects)
                return result.state
            complaints += [f"{move.code}: {r.en}" for r in result.refusals]
    return None
