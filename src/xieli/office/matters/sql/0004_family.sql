-- A matter and those it came from and led to: what a parent learns of its children without seeing them, and what part a person
-- had before. Both are asked by the guards of a playbook, under need-to-know the answer would otherwise depend on the asker.

create function access.children_of(m bigint) returns table (kind text, open boolean, outcome text)
    language sql stable security definer set search_path = pg_catalog as $$
-- in the order in which they were opened; the outcome is what was reported so far, else the end that was reached
    select c.kind::text, c.status = 'open', coalesce(nullif(l.outcome, ''), nullif(c.close_kind, ''))
    from public.matter_link l join public.matter c on c.id = l.target_id
    where l.source_id = m and l.kind in ('child', 'follow_up', 'derived', 'counterpart', 'assist') and access.may(m, 'read')
    order by c.opened_at, l.created_at, l.id $$;

create function access.report_outcome(m bigint, what text) returns integer
    language plpgsql security definer set search_path = pg_catalog as $$
-- the one who moves a child tells every matter it came from; by a move of this very transaction only
declare n integer;
begin
    if not access.moved_now(m, 'write') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.matter_link set outcome = what where target_id = m;
    get diagnostics n = row_count;
    return n;
end $$;

create function access.part_of(m bigint) returns table (kind text, sha text, roles text[], slots text[])
    language sql stable security definer set search_path = pg_catalog as $$
-- what the bound person did, as whom, in the matters this one came from (six steps back), whether or not he still sees them
    with recursive w as (select person from access.who()), back as (
        select l.source_id as id, 1 as up from public.matter_link l where l.target_id = m
        union select l.source_id, b.up + 1 from public.matter_link l join back b on l.target_id = b.id where b.up < 6)
    select mm.kind::text, mm.playbook_sha::text,
           array(select distinct d->>'role' from jsonb_array_elements(coalesce(mm.state->'done', '[]')) d, w where d->>'person' = w.person::text),
           array(select distinct tm.slot::text from public.team t join public.team_member tm on tm.team_id = t.id, w where t.matter_id = mm.id and tm.person_id = w.person)
    from public.matter mm where mm.id in (select id from back) and access.may(m, 'read') $$;

create function access.parent_of(m bigint) returns table (kind text, passed text[])
    language sql stable security definer set search_path = pg_catalog as $$
-- the kind of the matter whose child this is, and the stages it has left
    select p.kind::text, array(select distinct d->>'stage' from jsonb_array_elements(coalesce(p.state->'done', '[]')) d)
    from public.matter_link l join public.matter p on p.id = l.source_id
    where l.target_id = m and l.kind = 'child' and access.may(m, 'read') order by l.created_at limit 1 $$;

revoke all on function access.children_of(bigint), access.report_outcome(bigint, text), access.part_of(bigint), access.parent_of(bigint),
    access.beyond_custody(bigint, text, bigint, timestamptz), access.out_of_order(public.approval), access.late_measure(), access.talk_gate() from public;
grant execute on function access.children_of(bigint), access.report_outcome(bigint, text), access.part_of(bigint), access.parent_of(bigint) to {web}, {job};
select access.settle();
