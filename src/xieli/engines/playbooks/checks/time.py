"""Checks of clocks, duties to report back, and things that are opened and must be closed."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..graph import reachable, targets
from ..model import Clock, Effect, Playbook
from .registry import Finding, Library, rule


def all_effects(playbook: Playbook) -> Iterator[tuple[tuple[str, str], Effect]]:
    """Every effect with the stage or move that has it."""
    for stage in playbook.stages.values():
        for effect in stage.effects:
            yield ("stages", stage.code), effect
    for move in playbook.moves.values():
        for effect in move.effects:
            yield ("moves", move.code), effect


def _moved_by(playbook: Playbook, clock: Clock, *words: str) -> bool:
    return any(effect.do in words and effect.get("clock") == clock.code for _, effect in all_effects(playbook))


@rule("no_clock", "每个环节都有期限或写明无期限", "every stage has a clock or says why not")
def no_clock(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        if stage.kind in ("task", "decision", "wait") and (stage.clock is None) == (stage.no_limit is None):
            yield Finding(("stages", stage.code), f"“{stage.label.zh}”须有期限（clock），或写明无期限的理由（no_limit），二者择一。", f"“{stage.label.en}” must have a clock or say why it has none (`no_limit`), and not both.")


@rule("clock_without_start", "每个期限都有起算", "every clock starts somewhere")
def clock_without_start(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for clock in playbook.clocks.values():
        if not clock.starts_on and not _moved_by(playbook, clock, "start_clock"):
            yield Finding(("clocks", clock.code), f"“{clock.label.zh}”从不起算。", f"“{clock.label.en}” never starts.")


@rule("clock_without_stop", "每个期限都有终止", "every clock stops somewhere")
def clock_without_stop(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for clock in playbook.clocks.values():
        if not clock.stops_on and not _moved_by(playbook, clock, "stop_clock"):
            yield Finding(("clocks", clock.code), f"“{clock.label.zh}”从不终止。", f"“{clock.label.en}” never stops.")


@rule("clock_length", "期限或依法，或自定", "a clock follows a rule or has a length of its own")
def clock_length(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for clock in playbook.clocks.values():
        if (clock.rule is None) == (clock.local is None):
            yield Finding(("clocks", clock.code), f"“{clock.label.zh}”应引用一条规则（rule），或自定长度（local），二者择一。", f"“{clock.label.en}” must cite a rule or have a length of its own (`local`), not both.")
        elif clock.local is not None and clock.origin.source == "law":
            yield Finding(("clocks", clock.code), f"“{clock.label.zh}”自定长度，应标明 source: ours 或 local。", f"“{clock.label.en}” has a length of its own and must say `source: ours` or `local`.")


@rule("extension_unknown", "延长须是该规则允许的", "a clock is extended only as its rule allows")
def extension_unknown(playbook: Playbook, library: Library) -> Iterable[Finding]:
    for path, effect in all_effects(playbook):
        clock = playbook.clocks.get(effect.get("clock")) if effect.do == "extend_clock" else None
        if clock is None:
            continue
        if clock.rule is None:
            yield Finding(path, f"“{clock.label.zh}”不是法定或地方规则，没有延长。", f"“{clock.label.en}” rests on no rule and has no extension.")
        elif library.extensions is not None and effect.get("ground") not in library.extensions.get(clock.rule, frozenset()):
            yield Finding(path, f"规则“{clock.rule}”没有名为“{effect.get('ground')}”的延长。", f"The rule “{clock.rule}” knows no extension “{effect.get('ground')}”.")


@rule("clock_stage_elsewhere", "环节的期限在该环节能够计算", "a stage's clock can run there")
def clock_stage_elsewhere(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """The clock a stage names must be started on entering it or somewhere before."""
    for stage in playbook.stages.values():
        clock = playbook.clocks.get(stage.clock) if stage.clock else None
        if clock is None:
            continue
        starts: set[str] = set()
        begun = "open" in clock.starts_on
        for event in clock.starts_on:
            verb, _dot, code = event.partition(":")
            starts |= {code} if verb == "enter" else set(targets(playbook, code)) if verb == "leave" else {playbook.moves[code].to} if code in playbook.moves else set()
        for (section, code), effect in all_effects(playbook):
            if effect.do == "start_clock" and effect.get("clock") == clock.code:
                starts |= {code} if section == "stages" else {playbook.moves[code].to}
        if not begun and stage.code not in reachable(playbook, starts):
            yield Finding(("stages", stage.code, "clock"), f"走到“{stage.label.zh}”时“{clock.label.zh}”还不可能起算。", f"“{clock.label.en}” cannot have started by the time “{stage.label.en}” is reached.")


@rule("custody_without_exit", "人身限制期限届满必有合法出路", "a custody limit always has a lawful exit")
def custody_without_exit(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """While a must_release clock may run, every stage where a person waits has a move open after expiry that stops it."""
    for clock in playbook.clocks.values():
        if clock.on_expiry != "must_release":
            continue
        stops = {c for verb, _d, c in (e.partition(":") for e in clock.stops_on) if verb in ("move", "enter", "leave")}
        begin = {c for verb, _d, c in (e.partition(":") for e in clock.starts_on) if verb == "enter"}
        begin |= {playbook.moves[c].to for verb, _d, c in (e.partition(":") for e in clock.starts_on) if verb == "move" and c in playbook.moves}
        begin |= {playbook.moves[code].to if section == "moves" else code for (section, code), e in all_effects(playbook) if e.do == "start_clock" and e.get("clock") == clock.code}
        stop_effects = {code for (_s, code), e in all_effects(playbook) if e.do == "stop_clock" and e.get("clock") == clock.code}
        seen: set[str] = set()
        todo = list(begin)
        while todo:
            here = todo.pop()
            if here in seen or here not in playbook.stages:
                continue
            seen.add(here)
            moves = playbook.moves_from(here)
            out = [m for m in moves if m.lawful_exit]
            if playbook.stages[here].kind in ("task", "decision", "wait") and not out:
                yield Finding(("stages", here), f"在“{playbook.stages[here].label.zh}”，“{clock.label.zh}”届满后没有合法出路（lawful_exit）。",
                              f"At “{playbook.stages[here].label.en}” nothing lawful is open once “{clock.label.en}” has expired (`lawful_exit`).")
            for move in moves:
                ended = move.code in stops | stop_effects or move.to in stops | stop_effects or here in {c for c in stops if f"leave:{c}" in clock.stops_on}
                if not ended:
                    todo.append(move.to)


@rule("feedback_open_close", "反馈责任有始有终", "a duty to report back is opened and can be discharged")
def feedback_open_close(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for duty in playbook.feedback.values():
        done = {effect.do for _, effect in all_effects(playbook) if effect.get("duty") == duty.code}
        if done != {"open_feedback_duty", "close_feedback_duty"}:
            yield Finding(("feedback", duty.code), f"“{duty.label.zh}”应既能产生又能了结。", f"“{duty.label.en}” must be both opened and discharged somewhere.")
        if (duty.rule is None) == (duty.first is None):
            yield Finding(("feedback", duty.code), f"“{duty.label.zh}”的首次期限应引用规则或自定，二者择一。", f"The first term of “{duty.label.en}” must cite a rule or be given, not both.")


_PAIRS: dict[str, tuple[str, ...]] = {
    "open_presence": ("close_presence",), "arm_custody_gate": ("disarm_custody_gate",), "begin_measure": ("end_measure",), "bar_grants": ("lift_bar", "record_recusal"),
    "start_posting": ("end_posting",), "suspend_clock": ("resume_clock",), "open_grant": ("close_grant", "end_posting", "move_ownership"),
}


@rule("opened_never_closed", "有开必有关", "what is opened can be closed")
def opened_never_closed(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """Presence, custody gate, bars, postings, suspensions and grants without an end of their own have a closing effect."""
    used = [(path, effect) for path, effect in all_effects(playbook)]
    resumed = {c.code for c in playbook.clocks.values() if c.resumes_on}
    for path, effect in used:
        if effect.do not in _PAIRS or effect.get("until") or (effect.do == "suspend_clock" and effect.get("clock") in resumed):
            continue
        key = {"open_grant": "to", "suspend_clock": "clock", "arm_custody_gate": "clock"}.get(effect.do)
        closers = [e for _, e in used if e.do in _PAIRS[effect.do] and (key is None or e.do in ("end_posting", "move_ownership") or e.get(key) == effect.get(key))]
        if not closers:
            yield Finding(path, f"“{effect.do}”之后没有对应的关闭。", f"`{effect.do}` is never closed again.")
    for clock in playbook.clocks.values():
        if bool(clock.suspends_on) and not clock.resumes_on and not _moved_by(playbook, clock, "resume_clock", "stop_clock"):
            yield Finding(("clocks", clock.code), f"“{clock.label.zh}”中止后没有恢复。", f"“{clock.label.en}” is suspended and never resumed.")
