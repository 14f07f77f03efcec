"""Published playbooks: shipped files enter the database once, as versions that never change."""
from __future__ import annotations

from functools import lru_cache
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xieli.content import content_path
from xieli.engines.playbooks import from_stored, load, stored
from xieli.engines.playbooks.model import Move, Playbook
from xieli.office.matters.tables.work import PlaybookVersion


@lru_cache(maxsize=1)
def shipped() -> dict[str, Playbook]:
    """Every playbook of the content, by code. Raises PlaybookError naming file and line."""
    found = {}
    for entry in sorted(content_path("playbooks").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml") and not entry.name.startswith("_"):
            playbook = load(entry.read_bytes(), entry.name)
            found[playbook.code] = playbook
    return found


@lru_cache(maxsize=256)
def by_sha(sha: str) -> Playbook:
    """The published version with this digest."""
    for playbook in shipped().values():
        if playbook.sha256 == sha:
            return playbook
    row = PlaybookVersion.objects.get(sha=sha)
    return from_stored(row.content)


def playbook_of(matter: Any) -> Playbook:
    """The version this matter is pinned to."""
    return by_sha(matter.playbook_sha)


def current(kind: str) -> Playbook:
    """The newest published version of a kind. Raises KeyError for a kind that is not published."""
    row = PlaybookVersion.objects.filter(code=kind, retired_at=None).order_by("-version").first()
    if row is None:
        raise KeyError(kind)
    return by_sha(row.sha)


GRANTING = frozenset({"open_grant", "close_grant", "start_posting", "end_posting", "move_ownership", "bar_grants", "record_recusal"})


def reach(playbook: Playbook, stage: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Stages that may open when `stage` is entered: itself, or what its split or join leads to at once."""
    found = playbook.stages[stage]
    if stage in seen:
        return frozenset()
    seen = seen | {stage}
    if found.kind == "split":
        return frozenset().union(*(reach(playbook, m.to, seen) for m in playbook.moves_from(stage)))
    if found.kind == "join":
        return frozenset({stage}).union(*(reach(playbook, m.to, seen) for m in playbook.moves_from(stage)))
    return frozenset({stage})


_SIGNERS = frozenset({"head", "approver", "signer", "deputy_leader", "leader", "superior_head", "party_secretary", "duty_officer", "room_head", "decider"})


def needed_act(playbook: Playbook, move: Move, source: str) -> str:
    """The act a move needs on the matter: one that signers may make needs only `approve`, all others `write`.

    A role that is not the owner's (a receiver, a superior, a partner) signs for his own body the same way.
    """
    roles = move.who or playbook.stages[source].roles
    return "approve" if any(r in _SIGNERS or r.endswith(("_head", "_leader", "_approver")) for r in roles) else "write"


# measures that go on with an inquiry; an order to await is a lighter measure, to which custody may be changed
_MEASURES = frozenset({"liuzhi", "guanhu", "compelled_appearance", "exit_ban", "freeze", "seizure"})


def investigates(playbook: Playbook, move: Move) -> bool:
    """Whether a move goes on with the inquiry, so that it is refused once custody has reached its limit."""
    if move.lawful_exit:
        return False
    effects = (*move.effects, *playbook.stages[move.to].effects)
    if any((e.do == "spawn_matter" and e.get("kind") in _MEASURES) or e.do == "open_presence" for e in effects):
        return True
    act = playbook.approvals.get(move.needs) if move.needs else None
    return (act is not None and act.act_class in ("measure", "query")) or (playbook.code == "case" and move.to == "investigation" and move.kind != "redo")


def publish(connection: psycopg.Connection[Any], playbooks: dict[str, Playbook] | None = None) -> int:
    """Write playbooks that are not there yet (as the installer). Returns how many were new.

    A version whose content changed without a new number is refused: history would lie.
    """
    new = 0
    for playbook in (playbooks if playbooks is not None else shipped()).values():
        row = connection.execute("select sha from playbook_version where code = %s and version = %s", [playbook.code, playbook.version]).fetchone()
        if row:
            if row[0] != playbook.sha256:
                raise ValueError(
                    f"流程 {playbook.code} 第 {playbook.version} 版内容已变而版本号未变，未发布。"
                    f" / Playbook {playbook.code} version {playbook.version} changed without a new version number; not published."
                )
            continue
        connection.execute("insert into playbook_version (code, version, sha, content, published_at) values (%s, %s, %s, %s, access.now())",
                           [playbook.code, playbook.version, playbook.sha256, Jsonb(stored(playbook))])
        opens = any(e.do in GRANTING for stage in playbook.stages.values() for e in stage.effects)
        rows = [(playbook.code, playbook.version, "start", "", to, "", "write", False, opens, False, False) for to in reach(playbook, playbook.start.code)]
        for move in playbook.moves.values():
            for source in move.sources:
                for to in reach(playbook, move.to):
                    rows.append((playbook.code, playbook.version, move.code, source, to, move.needs or "", needed_act(playbook, move, source),
                                 playbook.stages[to].kind == "end", any(e.do in GRANTING for e in move.effects)
                                 or any(e.do in GRANTING for e in playbook.stages[to].effects), move.lawful_exit, investigates(playbook, move)))
        with connection.cursor() as cursor:
            cursor.executemany("insert into playbook_move (code, version, move, from_stage, to_stage, approval_act, needs_act, closes, grants,"
                               " lawful_exit, investigative) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", rows)
            for approval in playbook.approvals.values():
                for index, chain in enumerate(approval.chains):
                    for order, step in enumerate(chain.steps, 1):
                        cursor.execute(
                            "insert into approval_rule (kind, version, act, act_class, chain, \"order\", office, at, how, delegable, paper, after, basis, source)"
                            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                            [playbook.code, playbook.version, approval.code, approval.act_class, index, order, step.office, step.level, step.how,
                             approval.delegable, approval.paper, Jsonb(list(approval.after)), ", ".join(approval.origin.basis)[:120], approval.origin.source],
                        )
        new += 1
    return new
