"""Forty-odd ways to damage the policies and functions, each a wrong system that the proof must tell from the right one."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

Mutation = Callable[[psycopg.Connection[Any]], None]


def in_function(name: str, *pairs: tuple[str, str], times: int = -1) -> Mutation:
    """Replace text in a function's definition. Fails when the text is no longer there: the mutant must be rewritten."""

    def mutate(c: psycopg.Connection[Any]) -> None:
        row = c.execute("select pg_get_functiondef(to_regproc(%s))", [f"access.{name}"]).fetchone()
        assert row is not None
        text = row[0]
        for old, new in pairs:
            assert old in text, f"access.{name} no longer says {old!r}"
            text = text.replace(old, new, times)
        c.execute(text.encode())

    return mutate


def in_policy(table: str, policy: str, old: str, new: str) -> Mutation:
    """Replace text in a policy's condition."""

    def mutate(c: psycopg.Connection[Any]) -> None:
        row = c.execute("select qual, with_check from pg_policies where tablename = %s and policyname = %s", [table, policy]).fetchone()
        assert row is not None
        using, check = row
        assert old in (using or "") + (check or ""), f"{policy} on {table} no longer says {old!r}: {using} / {check}"
        parts = [sql.SQL("alter policy {} on {}").format(sql.Identifier(policy), sql.Identifier(table))]
        if using is not None:
            parts.append(sql.SQL(" using (" + using.replace(old, new) + ")"))  # type: ignore[arg-type]
        if check is not None:
            parts.append(sql.SQL(" with check (" + check.replace(old, new) + ")"))  # type: ignore[arg-type]
        c.execute(sql.Composed(parts))

    return mutate


def both(*mutations: Mutation) -> Mutation:
    """Two damages at once, where either alone is caught by the other."""

    def mutate(c: psycopg.Connection[Any]) -> None:
        for mutation in mutations:
            mutation(c)

    return mutate


def statement(text: str) -> Mutation:
    def mutate(c: psycopg.Connection[Any]) -> None:
        c.execute(text.encode())

    return mutate


READ = ("matter", "need_to_know")
MUTANTS: dict[str, Mutation] = {
    # either of the two alone is enough: the exact test, or the binding that ends when its guide is changed
    "read: the guide decides": both(in_policy(*READ, "(matter.acl && w.p)", "true"), in_function("who", ("current_setting('app.p', true) = c[1] and", ""))),
    "read: level not asked": in_policy(*READ, "(matter.level <= w.lvl)", "true"),
    "read: level one too low": in_policy(*READ, "(matter.level <= w.lvl)", "(matter.level < w.lvl)"),
    "read: level one too high": in_policy(*READ, "(matter.level <= w.lvl)", "(matter.level <= w.lvl + 1)"),
    "read: circles not asked": in_policy(*READ, "(matter.comps <@ w.comps)", "true"),
    "read: any circle instead of all": in_policy(*READ, "(matter.comps <@ w.comps)", "(matter.comps = '{}' or matter.comps && w.comps)"),
    "read: circles compared with themselves": in_policy(*READ, "(matter.comps <@ w.comps)", "(matter.comps <@ matter.comps)"),
    "read: recusal not asked": in_policy(*READ, "(NOT (matter.deny && w.me))", "true"),
    "read: recusal asked of the wrong principals": in_policy(*READ, "(matter.deny && w.me)", "(matter.deny && w.p)"),
    "read: caches believed for ever": in_policy(*READ, "(matter.sure_until > w.t)", "true"),
    "read: caches believed one instant too long": in_policy(*READ, "(matter.sure_until > w.t)", "(matter.sure_until >= w.t)"),
    "may: level not asked": in_function("may", ("mm.level <= w.lvl", "true")),
    "may: circles not asked": in_function("may", ("mm.comps <@ w.comps", "true")),
    "may: reading not presumed": in_function("may", ("'read' = any (g.acts)", "true")),
    "may: any act for every act": in_function("may", ("act = any (g.acts)", "true")),
    "may: recusal not asked": in_function("may", ("r.state = 'in_force'", "false")),
    "may: a request counts as a decision": in_function("may", ("r.state = 'in_force'", "r.state in ('in_force', 'raised')")),
    "may: recusal for ever": in_function("may", ("and w.t < r.ends_at", "")),
    "may: recusal before it begins": in_function("may", ("r.starts_at <= w.t and", "")),
    "may: begins an instant late": in_function("may", ("g.starts_at <= w.t", "g.starts_at < w.t")),
    "may: ends an instant late": in_function("may", ("w.t < g.ends_at", "w.t <= g.ends_at")),
    "may: revoked grants count": in_function("may", ("(g.revoked_at is null or w.t < g.revoked_at)", "true")),
    "principals: unconfirmed postings count": in_function("principals", ("confirmed_by_id is not null and", "")),
    "principals: the capacity chosen does not matter": in_function("principals", ("(capacity is null or id = capacity or kind = 'regular')", "true")),
    "principals: the capacity chosen narrows recusal": in_function("principals", ("select body_id from serving union select coalesce(home_body_id, body_id) from serving",
                                                                                    "select body_id from held union select coalesce(home_body_id, body_id) from held")),
    "principals: the lending body forgotten in recusal": in_function("principals", ("union select coalesce(home_body_id, body_id) from serving", "")),
    "principals: postings for ever": in_function("principals", ("(po.ends_at is null or t < po.ends_at)", "true")),
    "principals: team membership for ever": in_function("principals", ("and (tm.ends_at is null or t < tm.ends_at)", "")),
    "principals: teams for ever": in_function("principals", ("and (te.ends_at is null or t < te.ends_at)", "")),
    "principals: areas of another time": in_function("principals", ("and a.valid_from <= access.day(t) and (a.valid_to is null or access.day(t) < a.valid_to)", "")),
    "principals: without a posting still himself": in_function("principals", ("and exists (select 1 from held)", "")),
    "bind: a disabled person": in_function("bind", ("id = s.person and active", "id = s.person")),
    "bind: an ended session": both(in_function("bind", ("ended_at is null and", "")), in_function("who", ("and s.ended_at is null", ""))),
    "bind: an idle session": both(in_function("bind", ("and t < seen_at + idle", "")), in_function("who", ("and pg_catalog.now() + o.by < s.seen_at + s.idle", ""))),
    "bind: circles nobody confirmed": in_function("bind", ("and h.confirmed_by is not null", "")),
    "bind: circles for ever": in_function("bind", ("and t < h.ends_at", "")),
    "bind: the installation's cap ignored": in_function("bind", ("least(person.clearance, coalesce((select level_cap from access.installation), 0))", "person.clearance")),
    "who: a forged guide tolerated": in_function("who", ("current_setting('app.p', true) = c[1] and", "")),
    "caches: any grant lets read": in_function("caches", ("'read' = any (acts) and", "")),
    "caches: grants to come believed": in_function("caches", ("case when exists (select 1 from g where t < starts_at) then timestamptz 'epoch'", "case when false then now()")),
    "caches: recusals before they begin": in_function("caches", ("where starts_at <= t order by 1", "order by 1")),
    "caches: ends of recusals forgotten": in_function("caches", ("union all select ends_at from r", "")),
    "caches: not kept on new grants": statement("drop trigger refresh on matter_grant"),
    "caches: not kept on changed grants": statement("drop trigger refresh_change on matter_grant"),
    "caches: not kept on new recusals": statement("drop trigger refresh on recusal"),
    "caches: not kept on changed recusals": statement("drop trigger refresh_change on recusal"),
    "worklist: not kept": statement("drop trigger worklist on matter"),
    "worklist: shown to the recused": in_policy("matter_work", "mine", "(EXISTS ( SELECT 1\n   FROM matter m\n  WHERE (m.id = matter_work.matter_id)))", "true"),
    "grant: to the recused": in_function("before_grant", ("access.barred(new.matter_id, new.principal)", "false")),
    "grant: longer than twelve months": in_function("before_grant", ("interval '12 months'", "interval '13 months'")),
    "grant: outlives its posting": in_function("before_grant", ("new.ends_at := least(new.ends_at, rest.ends_at);", "")),
    "grant: kinds carry anything": in_function("before_grant", ("not new.acts::text[] <@ allowed", "false")),
    "posting: takes nothing with it": statement("drop trigger ends on posting"),
    "recusal: kin declared by the subject forgotten": in_function("automatic_recusals", ("k.near and k.person_id = a.person", "false")),
    "recusal: kin declared by staff forgotten": in_function("automatic_recusals", ("k.near and k.id_digest = a.digest", "false")),
    "recusal: distant kin": in_function("automatic_recusals", ("k.near and", "")),
    "recusal: chiefs where their unit takes no part": in_function("automatic_recusals", ("join partner on partner.body_id = x.id where", "where")),
    "recusal: former employers decided": in_function("automatic_recusals", ("case e.ground when 'former_employer' then 'raised' else 'in_force' end", "'in_force'")),
    "child: subjects open": in_policy("matter_subject", "need_to_know", "(EXISTS ( SELECT 1\n   FROM matter m\n  WHERE (m.id = matter_subject.matter_id)))", "true"),
    "child: written by whoever reads": in_policy("matter_subject", "add", "'write'::text", "'read'::text"),
    "child: row security off": statement("alter table matter_subject disable row level security"),
    "update: whoever reads": in_policy("matter", "change", "'write'::text", "'read'::text"),
    "update: closing forgotten": in_policy("matter", "change", "'close'::text", "'write'::text"),
    "page: who may see this, for everyone": in_function("who_may_see", ("where access.may(m, 'read')", "")),
}
