"""One look at a world through one session: every surface of the database against the oracle, equality, so over-denial counts too."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from tests.dbfixtures import PREFIX
from tests.office.access.worlds import ACTS, RandomWorld
from xieli.engines import needtoknow as ntk
from xieli.engines.needtoknow.rule import NOBODY
from xieli.office.access.search import HITS, grams
from xieli.office.access.worklist import WORKLIST

_MICROSECOND = timedelta(microseconds=1)
UNKNOWN = 4_611_686_018_427_387_000

INSERTS = """do $do$ declare x bigint; ok text := ''; begin
    foreach x in array string_to_array('{ids}', ',')::bigint[] loop
        begin
            insert into matter_subject (id, matter_id, kind, name, id_tail, unit_name, post, cadre_rank, dual_managed, role)
            values (access.new_id(), x, 'unit', '某', '', '', '', '', false, 'subject');
            ok := ok || ',' || x;
        exception when insufficient_privilege then null;
        end;
    end loop;
    perform set_config('test.ok', ok, true);
end $do$"""


def compare(rw: RandomWorld, cookie: str, session: ntk.Session) -> None:
    """Bind the session as web and compare; what was written is undone. Adds to `rw.differences` and `rw.decisions`."""
    c, w, t = rw.c, rw.world, rw.t
    who = ntk.standing(w, session, t)
    can = {a: {m for m in w.matters if ntk.allows(w, who, w.matters[m], t, a)} for a in ACTS}
    ids = [*w.matters, UNKNOWN]

    def check(surface: str, found: set[int], expected: set[int]) -> None:
        rw.decisions += len(w.matters)
        if found != expected:
            rw.differences.append(f"{surface} by {session.person}/{session.capacity} at {t}: leaked {found - expected}, denied {expected - found}")

    def column(query: str, *parameters: Any) -> set[int]:
        return {row[0] for row in c.execute(query, parameters)}

    with c.transaction(force_rollback=True):
        c.execute(f"set session authorization {PREFIX}_web")
        try:
            c.execute("select access.bind(%s)", [cookie])
            check("select", column("select id from matter"), can["read"])
            count = c.execute("select count(*), count(distinct owner_body_id) from matter").fetchone()
            rw.decisions += 1
            if count != (len(can["read"]), len({w.matters[m].owner_body for m in can["read"]})):
                rw.differences.append(f"count by {session.person} at {t}: {count}")
            for a in ACTS:
                check(f"may {a}", column("select x from unnest(%s::bigint[]) x where access.may(x, %s)", ids, a), can[a])
            check("exact", column("select x from unnest(%s::bigint[]) x where access.exact(x)", ids), can["read"])
            check("children", column("select matter_id from matter_subject"), can["read"])
            check("grants", column("select matter_id from matter_grant"), {g.matter for g in w.grants} & can["read"])
            check("recusals", column("select matter_id from recusal"), {r.matter for r in w.recusals} & can["read"])
            teams = {i for i, x in w.teams.items() if x.matter is None or x.matter in can["read"]}
            check("teams", column("select id from team where id between %s and %s", rw.base, rw.base + 999), teams if who != NOBODY else set())
            opened = {m for m in can["read"] if w.matters[m].open}
            check("worklist rows", column("select matter_id from matter_work"), opened)
            check("worklist", {row[0] for row in c.execute(WORKLIST, {"due": "-infinity", "id": 0, "n": 1000})}, opened)
            check("search", {row[1] for row in c.execute(HITS, [grams("张伟"), 1000])}, {m for m in can["read"] if "张伟" in rw.titles[m]})
            check("who may see", column("select m from unnest(%s::bigint[]) m where exists (select 1 from access.who_may_see(m))", ids), can["read"])
            # a forged guide ends the binding instead of widening it
            with c.transaction(force_rollback=True):
                c.execute("select set_config('app.p', %s::integer[]::text, true)", [sorted(set(rw.principals()))])
                check("forged guide", column("select id from matter"), set())
            changed = {row[0] for row in c.execute("update matter set title = title where id = any (%s) returning id", [ids])}
            check("update", changed, can["write"] | can["close"])
            blind = c.execute("update matter set urgent = true").rowcount
            rw.decisions += len(w.matters)
            if blind != len(can["write"] | can["close"]):
                rw.differences.append(f"blind update by {session.person} at {t}: {blind} rows")
            c.execute(INSERTS.format(ids=",".join(map(str, ids))))
            ok = c.execute("select current_setting('test.ok', true)").fetchone()
            assert ok is not None
            check("insert", {int(x) for x in (ok[0] or "").split(",") if x}, can["write"])
            try:
                with c.transaction():
                    c.execute("delete from matter")
                rw.differences.append("a session deleted")
            except psycopg.errors.InsufficientPrivilege:
                rw.decisions += len(w.matters)
        finally:
            c.execute("reset session authorization")


def run(connection: psycopg.Connection[Any], seed: int, *, steps: int = 3, mutation: Callable[[psycopg.Connection[Any]], None] | None = None, stop_at_first: bool = False) -> tuple[int, list[str]]:
    """One world from birth through `steps` changes of time and facts, all in one transaction that is rolled back.

    Returns (decisions compared, differences). `mutation` damages policies or functions first.
    """
    with connection.transaction(force_rollback=True):
        if mutation:
            mutation(connection)
        rw = RandomWorld(connection, seed)
        for step in range(steps):
            if step:
                ahead = rw.boundaries()
                if ahead:
                    # exactly on a boundary nothing has been refreshed yet; then the instant moves on and facts change
                    at = rw.r.choice(ahead[: max(3, len(ahead) // 2)])
                    rw.set_time(max(at - rw.r.choice((0, 0, 1)) * _MICROSECOND, rw.t))
                    look_all(rw, stop_at_first)
                for _ in range(4):
                    rw.change()
                if rw.r.random() < 0.35:
                    rw.sweep()
            look_all(rw, stop_at_first)
            if stop_at_first and rw.differences:
                break
        return rw.decisions, rw.differences


def look_all(rw: RandomWorld, stop_at_first: bool) -> None:
    """Through every session, unless one difference is enough."""
    for cookie, session in rw.sessions:
        if stop_at_first and rw.differences:
            return
        compare(rw, cookie, session)
