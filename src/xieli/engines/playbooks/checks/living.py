"""Checks against the world: statutes, published versions, the drawing, and walks that must end."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from ..errors import Path
from ..model import Playbook
from ..svg import diagram
from ..walk import walk
from .registry import Finding, Library, rule

LONGEST_NAME = 36


def cited(playbook: Playbook) -> Iterator[tuple[Path, str]]:
    """Every statute rule the playbook rests on, and where."""
    for basis in playbook.origin.basis:
        yield ("basis",), basis
    for section in ("compositions", "documents", "approvals", "feedback", "separation", "prior", "stages", "moves", "clocks"):
        for code, thing in getattr(playbook, section).items():
            for basis in thing.origin.basis:
                yield (section, code), basis
            if getattr(thing, "rule", None):
                yield (section, code), thing.rule


@rule("rule_unknown", "所引规则都在法规库中", "every rule cited is in the statutes")
def rule_unknown(playbook: Playbook, library: Library) -> Iterable[Finding]:
    if library.rules is None:
        return
    for path, basis in cited(playbook):
        if basis not in library.rules:
            yield Finding(path, f"法规库中没有“{basis}”。", f"The statutes have no rule “{basis}”.")


@rule("unverified_not_marked", "未核实的依据如实标明", "what is not verified says so")
def unverified_not_marked(playbook: Playbook, library: Library) -> Iterable[Finding]:
    named = {basis for _path, basis in cited(playbook)}
    for extra in sorted(set(playbook.unverified) - named):
        yield Finding(("unverified",), f"“{extra}”标为未核实，但没有引用它。", f"“{extra}” is marked unverified but not cited.")
    if library.rules is None:
        return
    for path, basis in cited(playbook):
        if basis in library.rules and library.rules[basis] == (basis in playbook.unverified):
            zh, en = ("文本未核实，应列入 unverified", "its text is not verified; list it under `unverified`") if not library.rules[basis] else ("已经核实，不应再列入 unverified", "its text is verified; take it off `unverified`")
            yield Finding(path, f"“{basis}”{zh}。", f"“{basis}”: {en}.")


@rule("version_changed", "已发布的版本不可改动", "a published version never changes")
def version_changed(playbook: Playbook, library: Library) -> Iterable[Finding]:
    locked = library.locked.get((playbook.code, playbook.version))
    if locked is not None and locked != playbook.sha256:
        yield Finding(("version",), f"第 {playbook.version} 版已经发布，内容不得改动；请升为第 {playbook.version + 1} 版。",
                      f"Version {playbook.version} has been published and cannot change; make it version {playbook.version + 1}.")


@rule("diagram", "图画得出来", "the diagram can be drawn", late=True)
def drawable(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for stage in playbook.stages.values():
        if len(stage.label.zh) > LONGEST_NAME or len(stage.label.en) > 2 * LONGEST_NAME:
            yield Finding(("stages", stage.code), f"“{stage.label.zh[:12]}…”名称太长，图上放不下（中文 {LONGEST_NAME} 字、英文 {2 * LONGEST_NAME} 字母以内）。",
                          f"The name “{stage.label.en[:24]}…” is too long to draw (at most {2 * LONGEST_NAME} letters, {LONGEST_NAME} Chinese characters).")
    for language in ("zh", "en"):
        tree = ElementTree.fromstring(diagram(playbook, language))
        drawn = {e.get("data-stage") for e in tree.iter() if e.get("data-stage")}
        for code in playbook.stages.keys() - drawn:
            yield Finding(("stages", code), f"图上缺少“{playbook.stages[code].label.zh}”。", f"The diagram lacks “{playbook.stages[code].label.en}”.")


@rule("walks_end", "随机走查都能走到终点", "random walks end", late=True)
def walks_end(playbook: Playbook, library: Library) -> Iterable[Finding]:
    for seed in range(library.walks):
        walked = walk(playbook, seed)
        if not walked.ended:
            last = " → ".join(move for _stage, move in walked.steps[-4:])
            where = "; ".join(walked.stuck[:3])
            yield Finding(("moves",), f"随机走查（种子 {seed}）卡住：……{last}；{where}", f"A random walk (seed {seed}) got stuck after …{last}: {where}")
            return
