"""Checks of shape: one start, ways in and out, splits and joins, outcomes."""
from __future__ import annotations

from collections.abc import Iterable

from ..graph import branches, distance_to_end, join_of, reachable
from ..model import Playbook
from .registry import Finding, Library, rule


def _at(stage: str) -> tuple[str, str]:
    return ("stages", stage)


@rule("one_start", "只有一个起点", "exactly one start")
def one_start(playbook: Playbook, _: Library) -> Iterable[Finding]:
    starts = [s for s in playbook.stages.values() if s.start]
    if len(starts) != 1:
        yield Finding(("stages",), f"应当只有一个起始环节，现有 {len(starts)} 个。", f"There must be exactly one start; there are {len(starts)}.")
    for stage in starts:
        if stage.kind in ("end", "join"):
            yield Finding(_at(stage.code), f"“{stage.label.zh}”不能作为起点。", f"“{stage.label.en}” cannot be the start.")


@rule("unreachable", "每个环节都走得到", "every stage can be reached")
def unreachable(playbook: Playbook, _: Library) -> Iterable[Finding]:
    starts = [s.code for s in playbook.stages.values() if s.start]
    if not starts:
        return
    for code in playbook.stages.keys() - reachable(playbook, starts):
        label = playbook.stages[code].label
        yield Finding(_at(code), f"从起点走不到“{label.zh}”。", f"“{label.en}” cannot be reached from the start.")


@rule("no_way_out", "每个环节都能走到终点", "every stage can reach an end")
def no_way_out(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for code in playbook.stages.keys() - distance_to_end(playbook).keys():
        label = playbook.stages[code].label
        yield Finding(_at(code), f"“{label.zh}”走不到任何终点。", f"No end can be reached from “{label.en}”.")


@rule("automatic_shape", "分叉、汇合、终点的形状", "shape of splits, joins and ends")
def automatic_shape(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """A split opens two or more branches, or one branch per body; a join goes on by one; an end goes nowhere."""
    for stage in playbook.stages.values():
        moves = playbook.moves_from(stage.code)
        zh, en = stage.label.zh, stage.label.en
        if stage.kind == "split":
            if stage.per and len(moves) != 1:
                yield Finding(_at(stage.code), f"“{zh}”按机构分办，应当只有一条去路。", f"“{en}” opens one branch per body and must have exactly one move.")
            if not stage.per and len(moves) < 2:
                yield Finding(_at(stage.code), f"“{zh}”是分叉，至少要有两条去路。", f"“{en}” is a split and needs at least two moves.")
        elif stage.kind == "join" and len(moves) != 1:
            yield Finding(_at(stage.code), f"“{zh}”是汇合，应当只有一条去路。", f"“{en}” is a join and must have exactly one move.")
        elif stage.kind == "end" and moves:
            yield Finding(_at(stage.code), f"“{zh}”是终点，不应再有去路。", f"“{en}” is an end and must have no move.")
        elif stage.per:
            yield Finding(_at(stage.code), f"“{zh}”不是分叉，不能按机构分办（per）。", f"“{en}” is no split and cannot have `per`.")
        if stage.kind in ("split", "join"):
            for move in moves:
                if move.when or move.needs or move.form or move.who or move.reason or move.kind != "forward" or len(move.sources) > 1:
                    yield Finding(("moves", move.code), f"“{move.label.zh}”自动发生，不能带条件、审批、表单或人员。", f"“{move.label.en}” happens by itself and can have no guard, approval, form or person.")


@rule("split_not_joined", "每个分叉都有汇合", "every split is joined")
def split_not_joined(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        if stage.kind == "split":
            joins = [s for s in playbook.stages.values() if s.joins == stage.code]
            if len(joins) != 1:
                yield Finding(_at(stage.code), f"分叉“{stage.label.zh}”应有一个汇合，现有 {len(joins)} 个。", f"The split “{stage.label.en}” must have one join; it has {len(joins)}.")


@rule("join_without_split", "每个汇合都对应一个分叉", "every join names its split")
def join_without_split(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        named = playbook.stages.get(stage.joins) if stage.joins else None
        if (stage.kind == "join") != (named is not None and named.kind == "split"):
            yield Finding(_at(stage.code), f"“{stage.label.zh}”与分叉对不上（joins）。", f"“{stage.label.en}” does not match a split (`joins`).")


@rule("branch_escapes", "分支不得绕过汇合", "no branch leaves without its join")
def branch_escapes(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for split in playbook.stages.values():
        if split.kind != "split" or not (join := join_of(playbook, split.code)):
            continue
        for branch in branches(playbook, split.code):
            ends = [playbook.stages[s] for s in branch if playbook.stages[s].kind == "end"]
            if ends:
                yield Finding(_at(ends[0].code), f"分叉“{split.label.zh}”的一支不经汇合就到了“{ends[0].label.zh}”。", f"A branch of “{split.label.en}” reaches “{ends[0].label.en}” without its join.")
            elif not any(m.to == join and set(m.sources) & branch for m in playbook.moves.values()):
                yield Finding(_at(split.code), f"分叉“{split.label.zh}”有一支到不了汇合。", f"A branch of “{split.label.en}” never reaches its join.")
            if split.code in branch:
                yield Finding(_at(split.code), f"分叉“{split.label.zh}”的一支在汇合前又回到分叉。", f"A branch of “{split.label.en}” leads back to it before the join.")


@rule("branches_meet", "分支之间互不相通", "branches do not mix")
def branches_meet(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for split in playbook.stages.values():
        if split.kind != "split" or not (join := join_of(playbook, split.code)):
            continue
        inside: dict[str, int] = {}
        for number, branch in enumerate(branches(playbook, split.code)):
            for code in branch:
                if inside.setdefault(code, number) != number:
                    yield Finding(_at(code), f"“{playbook.stages[code].label.zh}”同属分叉“{split.label.zh}”的两支。", f"“{playbook.stages[code].label.en}” lies on two branches of “{split.label.en}”.")
        for move in playbook.moves.values():
            foreign = [s for s in move.sources if s not in inside and s != split.code]
            if (move.to in inside or move.to == join) and foreign:
                yield Finding(("moves", move.code), f"“{move.label.zh}”从外面闯入分叉“{split.label.zh}”。", f"“{move.label.en}” enters the branches of “{split.label.en}” from outside.")


@rule("outcomes_total", "每种决定都有去路", "every outcome has its way")
def outcomes_total(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        moves = [m for m in playbook.moves_from(stage.code) if m.kind == "forward"]
        named = {m.outcome for m in moves}
        if stage.kind == "decision":
            offered = {o.code for o in stage.outcomes}
            if len(offered) < 2:
                yield Finding(_at(stage.code), f"“{stage.label.zh}”是决定环节，至少要有两种结果。", f"“{stage.label.en}” is a decision and needs at least two outcomes.")
            for option in stage.outcomes:
                if option.code not in named:
                    yield Finding((*_at(stage.code), "outcomes", option.code), f"结果“{option.label.zh}”没有去路。", f"The outcome “{option.label.en}” leads nowhere.")
            for move in moves:
                if move.outcome not in offered:
                    yield Finding(("moves", move.code), f"“{move.label.zh}”的结果不在“{stage.label.zh}”所列之中。", f"The outcome of “{move.label.en}” is not listed at “{stage.label.en}”.")
        elif named - {None} or stage.outcomes:
            yield Finding(_at(stage.code), f"“{stage.label.zh}”不是决定环节，不能有结果（outcome）。", f"“{stage.label.en}” is no decision and cannot have outcomes.")


@rule("decides_mismatch", "表单里的决定与结果一致", "the form's decision matches the outcomes")
def decides_mismatch(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        if not stage.decides:
            continue
        form, _dot, code = stage.decides.partition(".")
        field = playbook.forms[form].field(code) if form in playbook.forms else None
        if field is not None and (field.type != "choice" or not field.required or {o.code for o in field.options} != {o.code for o in stage.outcomes}):
            yield Finding((*_at(stage.code), "decides"), f"“{stage.label.zh}”依据的“{field.label.zh}”应为必填单选，且选项与各结果相同。",
                          f"“{field.label.en}”, on which “{stage.label.en}” decides, must be a required choice with exactly its outcomes as options.")
