"""Pure semantics of a step: what may be done next, and what follows when it is done.

Sequence, XOR, AND split and join, one branch per body, sub-matters (by waiting on their state), return, redo,
cancel. Nothing here reads a clock or a table; the kernel executes the effects in the transaction that stores the
new state. A refusal changes nothing.
"""
from __future__ import annotations

from dataclasses import replace

from .aloud import say_guard
from .guards import holds, missing
from .model import Effect, Move, Playbook, Stage
from .state import SYSTEM, Context, Done, Frame, Offer, Refusal, Result, State, Token, belongs

AUTOMATIC = ("split", "join")


def start(playbook: Playbook, context: Context | None = None) -> Result:
    """A new matter at the first stage, with the effects of being opened."""
    context = context or Context()
    state = State(playbook.code, playbook.version, playbook.sha256, (), next_id=1)
    return _enter(playbook, state, playbook.start.code, None, (), context, _clock_events(playbook, "open"), None)


def available_moves(playbook: Playbook, state: State, context: Context | None = None) -> tuple[Offer, ...]:
    """Every move that leaves an open step, in file order; with a context each says what still stands against it."""
    belongs(playbook, state)
    offers = []
    for token in state.tokens:
        for move in playbook.moves_from(token.stage):
            if playbook.stages[token.stage].kind in AUTOMATIC:
                continue
            refusals = _refusals(playbook, state, token, move, context) if context else ()
            offers.append(Offer(move.code, token.id, token.stage, token.body, refusals))
    return tuple(offers)


def apply(playbook: Playbook, state: State, move: str, context: Context, *, token: int | None = None) -> Result:
    """Make one move. `token` names the open step when several bodies stand at the same stage.

    Returns the new state and the effects in the order in which the kernel must execute them; or the unchanged state,
    no effects, and the refusals. Raises ValueError only for a state of another version.
    """
    belongs(playbook, state)
    if state.closed:
        return Result(state, (), (Refusal("closed", "事项已经办结，不能再办理。", "The matter is closed; nothing more can be done on it."),))
    found = playbook.moves.get(move)
    if found is None:
        return Result(state, (), (Refusal("unknown_move", f"流程中没有“{move}”这一步。", f"The playbook has no move “{move}”."),))
    here = [t for t in state.tokens if t.stage in found.sources and (token is None or t.id == token)]
    if len(here) > 1 and context.body is not None:
        here = [t for t in here if t.body == context.body]
    if not here:
        return Result(state, (), (Refusal("not_here", f"事项不在“{found.label.zh}”可以开始的环节。", f"The matter is not at a stage where “{found.label.en}” can begin."),))
    if len(here) > 1:
        return Result(state, (), (Refusal("which_body", "这一环节由多个机构分别办理，请说明是哪个机构。", "Several bodies stand at this stage; say which one."),))
    refusals = _refusals(playbook, state, here[0], found, context)
    if refusals:
        return Result(state, (), refusals)
    return _take(playbook, state, here[0], found, context)


# --- what stands against a move -------------------------------------------------------------------------------


def who_may(playbook: Playbook, move: Move, stage: Stage) -> tuple[str, ...]:
    """Roles that may make the move: its own, else those of the stage it leaves."""
    return move.who or stage.roles


def _refusals(playbook: Playbook, state: State, token: Token, move: Move, context: Context) -> tuple[Refusal, ...]:
    found: list[Refusal] = []
    stage = playbook.stages[token.stage]
    found += _person(playbook, state, move, stage, context)
    if token.body is not None and context.person != SYSTEM and context.body != token.body:
        found.append(Refusal("wrong_body", "这一步由另一机构办理。", "This step belongs to another body."))
    if move.reason and not context.reason.strip():
        found.append(Refusal("reason_needed", "须写明理由。", "A reason must be given."))
    if move.needs and context.approvals.get(move.needs) != "approved":
        act = playbook.approvals[move.needs].label
        found.append(Refusal("not_approved", f"“{act.zh}”尚未批准，不能执行。", f"“{act.en}” has not been approved and cannot be executed."))
    if move.kind == "forward":
        found += _stage_done(playbook, token, stage, context)
    if move.form and not _submitted(playbook, move.form, token, context):
        found.append(_form_missing(playbook, move.form))
    if stage.decides and move.outcome:
        form, _, code = stage.decides.partition(".")
        values = _values(form, token, context)
        if values.get(code) != move.outcome:
            found.append(Refusal("other_outcome", f"表单中的决定不是“{move.label.zh}”。", f"The decision on the form is not “{move.label.en}”."))
    if not holds(move.when, state, context):
        for row in missing(move.when, state, context):
            kinds = dict(context.kinds)
            found.append(Refusal(f"guard_{row.test}", f"尚缺：{say_guard(playbook, row, 'zh', kinds)}。", f"Still needed: {say_guard(playbook, row, 'en', kinds)}."))
    found += _custody(playbook, move, context)
    if playbook.stages[move.to].kind == "end":
        found += _closing(playbook, stage, move, playbook.stages[move.to], context)
    return tuple(found)


def _person(playbook: Playbook, state: State, move: Move, stage: Stage, context: Context) -> list[Refusal]:
    allowed = who_may(playbook, move, stage)
    if context.person == SYSTEM:
        if SYSTEM in allowed:
            return []
        return [Refusal("needs_person", "这一步须由人来办。", "This step must be done by a person.")]
    roles = [role for role in allowed if role in context.roles]
    if not roles:
        names = [playbook.roles[r].label for r in allowed if r in playbook.roles]
        zh, en = "、".join(n.zh for n in names) or "系统", ", ".join(n.en for n in names) or "the system"
        return [Refusal("not_your_role", f"只有{zh}可以办理这一步。", f"This step is taken by: {en}.")]
    found: list[Refusal] = []
    for rule in playbook.separation.values():
        for mine, other in ((rule.first, rule.second), (rule.second, rule.first)):
            if _names(move, stage.code, mine) and any(d.person == context.person and _names(playbook.moves[d.move], d.stage, other) for d in state.done):
                found.append(Refusal("separation", f"{rule.label.zh}：您已办理过另一侧的环节。", f"{rule.label.en}: you have already acted on the other side."))
                break
    for bar in playbook.prior.values():
        was = context.prior.get(bar.kind, {}).get(context.person, frozenset())
        if was.intersection(bar.was) and bar.role in roles:
            roles.remove(bar.role)
            if not roles:
                found.append(Refusal("prior_handling", f"{bar.label.zh}：您办理过原事项。", f"{bar.label.en}: you handled the original matter."))
    short = [playbook.roles[r] for r in roles if r in playbook.roles and len(context.people.get(r, frozenset())) < playbook.roles[r].people]
    if roles and len(short) == len(roles):
        role = short[0]
        found.append(Refusal("too_few_people", f"“{role.label.zh}”须有 {role.people} 人以上在岗。", f"“{role.label.en}” needs at least {role.people} persons in place."))
    return found


def _names(move: Move, stage: str, codes: tuple[str, ...]) -> bool:
    """Whether a separation means this move; a stage named there stands for the forward moves that leave it."""
    return move.code in codes or (stage in codes and move.kind == "forward")


def _stage_done(playbook: Playbook, token: Token, stage: Stage, context: Context) -> list[Refusal]:
    found: list[Refusal] = []
    if stage.form and not _submitted(playbook, stage.form, token, context):
        found.append(_form_missing(playbook, stage.form))
    for code in stage.products:
        product = playbook.products[code]
        there = code in context.products or (product.form is not None and _submitted(playbook, product.form, token, context))
        if not there:
            found.append(Refusal("product_missing", f"尚未产出“{product.label.zh}”。", f"“{product.label.en}” has not been produced."))
    return found


def _values(form: str, token: Token, context: Context) -> dict[str, object]:
    if token.body is not None and (form, token.body) in context.forms_by_body:
        return dict(context.forms_by_body[(form, token.body)])
    return dict(context.forms.get(form, {}))


def _submitted(playbook: Playbook, form: str, token: Token, context: Context) -> bool:
    if playbook.forms[form].per and token.body is not None:
        return (form, token.body) in context.forms_by_body
    return form in context.forms


def _form_missing(playbook: Playbook, form: str) -> Refusal:
    label = playbook.forms[form].label
    return Refusal("form_missing", f"“{label.zh}”尚未填报。", f"The form “{label.en}” has not been submitted.")


def _custody(playbook: Playbook, move: Move, context: Context) -> list[Refusal]:
    """After a custody limit only the lawful exits stay open (DESIGN §3, custody gate)."""
    if move.lawful_exit:
        return []
    return [
        Refusal("custody_expired", f"“{clock.label.zh}”已届满：只许释放、变更措施、移送、救治、通知、申诉和补录。",
                f"“{clock.label.en}” has expired: only release, change of measure, transfer, care, notices, complaints and late records are open.")
        for clock in playbook.clocks.values()
        if clock.on_expiry == "must_release" and context.clocks.get(clock.code) == "expired"
    ]


def _closing(playbook: Playbook, stage: Stage, move: Move, end: Stage, context: Context) -> list[Refusal]:
    """Nothing closes with a custody clock running, nor without its feedback or a recorded reason."""
    found = []
    closed_here = {effect.get("duty") for effect in move.effects if effect.do == "close_feedback_duty"}
    if end.owes_nothing is None:
        for duty in playbook.feedback.values():
            if context.feedback.get(duty.code) == "owed" and duty.code not in closed_here:
                found.append(Refusal("feedback_owed", f"“{duty.label.zh}”尚未完成，也没有记录免除理由。", f"“{duty.label.en}” is still owed and no reason for waiving it is recorded."))
    stopped_here = {effect.get("clock") for effect in move.effects if effect.do == "stop_clock"}
    for clock in playbook.clocks.values():
        stops = clock.code in stopped_here or bool({f"leave:{stage.code}", f"move:{move.code}", f"enter:{end.code}", "close"} & set(clock.stops_on))
        if clock.on_expiry == "must_release" and context.clocks.get(clock.code) in ("running", "suspended", "expired") and not stops:
            found.append(Refusal("custody_open", f"“{clock.label.zh}”仍在计算，须先解除措施。", f"“{clock.label.en}” is still running; end the measure first."))
    return found


# --- what follows ---------------------------------------------------------------------------------------------


def _take(playbook: Playbook, state: State, token: Token, move: Move, context: Context) -> Result:
    stage = playbook.stages[token.stage]
    role = next((r for r in who_may(playbook, move, stage) if r in context.roles), SYSTEM)
    done = Done(len(state.done) + 1, move.code, token.stage, move.to, context.person, role, token.body)
    kept = () if move.kind == "cancel" else tuple(t for t in state.tokens if t.id != token.id)
    after = replace(state, tokens=kept, done=(*state.done, done))
    # a redo that stays where it is neither leaves nor enters: its clocks run on, unless the playbook names the move itself
    again = move.kind == "redo" and move.to == token.stage
    events = (f"move:{move.code}",) if again else (f"leave:{token.stage}", f"move:{move.code}")
    effects = (*_clock_events(playbook, *events, stops_only=True), *move.effects, *_clock_events(playbook, *events, starts_only=True))
    frames = () if move.kind == "cancel" else token.frames
    body = None if move.kind == "cancel" else token.body
    result = _enter(playbook, after, move.to, body, frames, context, effects, role, again=again)
    return result if not result.refusals else Result(state, (), result.refusals)


def _enter(playbook: Playbook, state: State, code: str, body: str | None, frames: tuple[Frame, ...], context: Context,
           effects: tuple[Effect, ...], role: str | None, *, again: bool = False) -> Result:
    stage = playbook.stages[code]
    effects = (*effects, *(() if again else _clock_events(playbook, f"enter:{code}")), *stage.effects)
    if stage.kind == "split":
        return _split(playbook, state, stage, body, frames, context, effects, role)
    token = Token(state.next_id, code, body, frames)
    state = replace(state, tokens=(*state.tokens, token), next_id=state.next_id + 1)
    if stage.kind == "join":
        return _join(playbook, state, stage, context, effects, role)
    if stage.kind == "end":
        state = replace(state, tokens=(), result=code)
        running = [c for c in playbook.clocks if context.clocks.get(c) in ("running", "suspended", "expired")]
        mentioned = {e.get("clock") for e in effects if e.do in ("start_clock", "stop_clock")}
        effects = (*effects, *_clock_events(playbook, "close"))
        stopped = {e.get("clock") for e in effects if e.do == "stop_clock"} | mentioned
        effects = (*effects, *(Effect("stop_clock", (("clock", c),)) for c in running if c not in stopped))
    return Result(state, effects, ())


def _split(playbook: Playbook, state: State, stage: Stage, body: str | None, frames: tuple[Frame, ...], context: Context,
           effects: tuple[Effect, ...], role: str | None) -> Result:
    moves = playbook.moves_from(stage.code)
    branches: list[tuple[Move, str | None]] = [(move, body) for move in moves]
    if stage.per:
        bodies = context.bodies.get(stage.per, ())
        if not bodies:
            return Result(state, (), (Refusal("no_bodies", f"“{stage.label.zh}”还没有参加的机构。", f"“{stage.label.en}” has no bodies to go to."),))
        branches = [(moves[0], one) for one in bodies]
    frame = Frame(stage.code, state.next_id, len(branches), body)
    state = replace(state, next_id=state.next_id + 1)
    for move, one in branches:
        done = Done(len(state.done) + 1, move.code, stage.code, move.to, SYSTEM, SYSTEM, one)
        state = replace(state, done=(*state.done, done))
        effects = (*effects, *_clock_events(playbook, f"move:{move.code}"), *move.effects)
        result = _enter(playbook, state, move.to, one, (*frames, frame), context, effects, role)
        if result.refusals:
            return result
        state, effects = result.state, result.effects
    return Result(state, effects, ())


def _join(playbook: Playbook, state: State, stage: Stage, context: Context, effects: tuple[Effect, ...], role: str | None) -> Result:
    frame = state.tokens[-1].frames[-1]
    waiting = [t for t in state.tokens if t.stage == stage.code and t.frames and t.frames[-1] == frame]
    if len(waiting) < frame.of:
        return Result(state, effects, ())
    move = playbook.moves_from(stage.code)[0]
    outer = waiting[-1].frames[:-1]
    body = frame.body  # bodies of per-body branches end with the join
    done = Done(len(state.done) + 1, move.code, stage.code, move.to, SYSTEM, SYSTEM, body)
    state = replace(state, tokens=tuple(t for t in state.tokens if t not in waiting), done=(*state.done, done))
    effects = (*effects, *_clock_events(playbook, f"leave:{stage.code}", f"move:{move.code}"), *move.effects)
    return _enter(playbook, state, move.to, body, outer, context, effects, role)


def _clock_events(playbook: Playbook, *events: str, stops_only: bool = False, starts_only: bool = False) -> tuple[Effect, ...]:
    """Clock effects that follow from these events: stops and suspensions first, then resumptions and starts."""
    found: list[Effect] = []
    groups: tuple[tuple[str, str], ...] = (("stop_clock", "stops_on"), ("suspend_clock", "suspends_on"), ("resume_clock", "resumes_on"), ("start_clock", "starts_on"))
    if stops_only:
        groups = groups[:2]
    elif starts_only:
        groups = groups[2:]
    for do, attribute in groups:
        for clock in playbook.clocks.values():
            if any(event in getattr(clock, attribute) for event in events):
                found.append(Effect(do, (("clock", clock.code),)))
    return tuple(found)
