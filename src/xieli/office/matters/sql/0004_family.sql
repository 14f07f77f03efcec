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

-- ── parties and postings of a matter that was spawned for another body ─────────────────────────────────────────────
create function access.seat_party(origin bigint, child bigint, party text, b integer) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
-- the body that asked takes its seat in what follows from its own matter: it is named there and its desk may act in its role
declare w record := access.who(); t timestamptz := access.now(); desk integer;
begin
    if w.person is null or not (access.may(origin, 'write') or access.moved_now(origin, 'write'))
       or not exists (select 1 from public.matter_link l where l.source_id = origin and l.target_id = child and l.created_at = t)
       or not exists (select 1 from public.matter s where s.id = origin and (s.owner_body_id = b or exists (
            select 1 from public.matter_body x where x.matter_id = origin and x.body_id = b and x.ends_at is null))) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    desk := coalesce((select s.owner_room_id from public.matter s where s.id = origin and s.owner_body_id = b), access.desk_of(b));
    insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), child, b, party, t);
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), child, x, 'handler', '{read,write,note}', t, timestamptz '9999-01-01 00:00:00+00', 'party:' || party, '', w.person, t
    from (select desk as x) y where not access.barred(child, x);
end $$;

create function access.seat_owner(child bigint) returns void language plpgsql security definer set search_path = pg_catalog as $$
-- a matter opened for a body that has neither a case-management officer nor a head arrives at its desk all the same
declare w record := access.who(); t timestamptz := access.now(); mm public.matter;
begin
    select * into mm from public.matter where id = child;
    if w.person is null or mm.opened_at <> t or not access.may(child, 'read') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if exists (select 1 from public.matter_grant g where g.matter_id = child and g.kind in ('receiver', 'handler') and g.revoked_at is null) then return; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (access.new_id(), child, access.desk_of(mm.owner_body_id), 'receiver', '{read,write,grant,handover,close,export,note}', t,
            timestamptz '9999-01-01 00:00:00+00', 'opened', '', w.person, t);
end $$;

create function access.served_by(m bigint) returns table (id bigint) language sql stable security definer set search_path = pg_catalog as $$
-- the matter that a dispatch was opened for; asked by who may write on the dispatch
    select l.source_id from public.matter_link l where l.target_id = m and access.may(m, 'write') order by l.created_at limit 1 $$;

create function access.posting_approved(dispatch bigint, target bigint, whom integer) returns boolean
    language sql stable security definer set search_path = pg_catalog as $$
-- both bodies approved the sending of exactly this person, and the dispatch serves exactly this matter
    select exists (select 1 from public.matter_link l where l.source_id = target and l.target_id = dispatch)
       and 2 = (select count(distinct a.act) from public.approval a where a.matter_id = dispatch and a.act in ('host', 'home')
                and a.state in ('approved', 'used') and a.what->>'person' = whom::text) $$;
create function access.start_posting(dispatch bigint, target bigint, whom integer, place text, until timestamptz) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
-- by the step of the dispatch that starts it: recusal first, then membership, which carries the access and ends with its date
declare w record := access.who(); t timestamptz := access.now(); tm integer; member bigint := access.new_id();
begin
    if w.person is null or not access.moved_now(dispatch, 'write') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not access.posting_approved(dispatch, target, whom) then raise exception 'not approved' using errcode = 'check_violation', hint = 'dispatch'; end if;
    if access.barred(target, whom) then raise exception 'recused' using errcode = 'check_violation', hint = 'recusal first'; end if;
    select id into tm from public.team where matter_id = target and kind = 'case_team' order by starts_at limit 1;
    if tm is null then
        tm := access.new_team_id();
        insert into public.team (id, matter_id, kind, name_zh, name_en, composition, starts_at) values (tm, target, 'case_team', '专案组', 'case team', '', t) returning id into tm;  -- the team gets its own identity
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        values (access.new_id(), target, tm, 'team', '{read,write}', t, timestamptz '9999-01-01 00:00:00+00', 'case_team', '', w.person, t);
    end if;
    insert into public.team_member (id, team_id, person_id, slot, starts_at, ends_at, approval_id, undertaking_at)
    values (member, tm, whom, place, t, until, (select id from public.approval where matter_id = dispatch and act = 'home' and state in ('approved', 'used')
                                                 order by decided_at desc limit 1), t);
    return member;
end $$;
create function access.end_posting(dispatch bigint, target bigint, whom integer) returns integer
    language plpgsql security definer set search_path = pg_catalog as $$
declare t timestamptz := access.now(); n integer;
begin
    if not access.moved_now(dispatch, 'write') or not exists (select 1 from public.matter_link l where l.source_id = target and l.target_id = dispatch) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.team_member tm set ends_at = t from public.team te
    where te.id = tm.team_id and te.matter_id = target and tm.person_id = whom and tm.starts_at < t and (tm.ends_at is null or t < tm.ends_at);
    get diagnostics n = row_count;
    update public.matter_grant set revoked_at = t where matter_id = target and principal = whom and kind in ('dispatched', 'team') and revoked_at is null and t < ends_at;
    return n;
end $$;

revoke all on function access.children_of(bigint), access.report_outcome(bigint, text), access.part_of(bigint), access.parent_of(bigint),
    access.beyond_custody(bigint, text, bigint, timestamptz), access.out_of_order(public.approval), access.late_measure(), access.talk_gate() from public;
revoke all on function access.seat_party(bigint, bigint, text, integer), access.posting_approved(bigint, bigint, integer),
    access.start_posting(bigint, bigint, integer, text, timestamptz), access.end_posting(bigint, bigint, integer) from public;
grant execute on function access.children_of(bigint), access.report_outcome(bigint, text), access.part_of(bigint), access.parent_of(bigint),
    access.served_by(bigint), access.seat_owner(bigint), access.seat_party(bigint, bigint, text, integer), access.start_posting(bigint, bigint, integer, text, timestamptz),
    access.end_posting(bigint, bigint, integer) to {web}, {job};
select access.settle();
