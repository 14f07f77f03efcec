-- Access that ends is looked at again (docs/decisions/access-looked-at-each-year.md). Every grant ends within twelve months; a case
-- may last longer, and who led it answers for it afterwards.

-- ── who answers for a matter reads on ──────────────────────────────────────────────────────────────────────────────
create function access.answering_offices(m bigint) returns setof integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- Of a decision by which another body became competent: the offices that signed it, and the head of the room that asked for it. The decision
-- takes the matter out of their line; they answer for it nevertheless.
    with decided as (
        select a.id, a.requested_by_id, a.requested_at from public.approval a where a.matter_id = m and a.state in ('approved', 'used')
           and (exists (select 1 from public.competence_basis c where c.matter_id = m and c.approval_id = a.id)
                or exists (select 1 from public.matter_grant g where g.matter_id = m and g.basis = 'move_ownership' and g.reason = a.id::text)))
    select s.office_id from public.approval_step s join decided d on d.id = s.approval_id where s.office_id is not null and s.decision = 'approved'
    union
    select o.id from decided d join public.posting po on po.person_id = d.requested_by_id and po.confirmed_by_id is not null and po.kind = 'regular'
                               and po.starts_at <= d.requested_at and (po.ends_at is null or d.requested_at < po.ends_at)
                     join public.office o on o.room_id = po.room_id and o.code = 'room_head'
    where o.valid_from <= access.day(access.now()) and (o.valid_to is null or access.day(access.now()) < o.valid_to) $$;

create or replace function access.line(m bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- The leaders of the line: while a matter is open they read and approve; of what is closed they keep reading, a year at a time, as long
-- as the line is theirs. So do those who answer for giving it to another body.
declare t timestamptz := access.now(); n integer; answering integer; is_open boolean;
begin
    select status = 'open' into is_open from public.matter where id = m and status in ('open', 'closed');
    if is_open is null then return 0; end if;
    update public.matter_grant set revoked_at = t where matter_id = m and kind = 'leader' and basis = 'line' and revoked_at is null and t < ends_at
       and principal not in (select access.line_offices(m));
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), m, o, 'leader', case when is_open then '{read,approve,note}'::varchar[] else '{read}' end, t, t + interval '12 months', 'line', '', 0, t
    from access.line_offices(m) o
    where not access.barred(m, o)
      and not exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = o and g.kind = 'leader' and g.basis = 'line'
                      and g.revoked_at is null and t < g.ends_at and (not is_open or 'approve' = any (g.acts)));
    get diagnostics n = row_count;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), m, o, 'approver', '{read}', t, t + interval '12 months', 'answers', '', 0, t
    from access.answering_offices(m) o
    where not access.barred(m, o)
      and not exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = o and 'read' = any (g.acts)
                      and g.starts_at <= t and t < g.ends_at and g.revoked_at is null);
    get diagnostics answering = row_count;
    return n + answering;
end $$;
create function access.line_of_what_hangs_on_it() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.line(new.matter_id);
    return null;
end $$;
create trigger answers after insert on public.competence_basis for each row execute function access.line_of_what_hangs_on_it();
create trigger answers after insert on public.matter_grant for each row when (new.basis = 'move_ownership') execute function access.line_of_what_hangs_on_it();
-- what is opened again is led again
create trigger line_again after update of status on public.matter for each row
    when (old.status = 'closed' and new.status = 'open') execute function access.line_of_matter();

-- ── who knows of a matter, for the database's own use: `who_may_see` asks it for who may read ─────────────────────
create function access.knowers(m bigint) returns table (person integer, kinds text[], acts text[], until timestamptz, barred text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with w as (select access.now() as t),
    g as (select g.* from public.matter_grant g, w where g.matter_id = m and g.starts_at <= w.t and w.t < g.ends_at
          and (g.revoked_at is null or w.t < g.revoked_at)),
    reached as (
        select po.person_id as person, g.id from g join public.posting po on g.principal in (po.person_id, po.body_id, po.room_id, po.office_id), w
        where po.confirmed_by_id is not null and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
        union
        select po.person_id, g.id from g join public.area a on a.id = g.principal join public.posting po on po.body_id = a.lead_body_id, w
        where a.valid_from <= access.day(w.t) and (a.valid_to is null or access.day(w.t) < a.valid_to)
          and po.confirmed_by_id is not null and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
        union
        select tm.person_id, g.id from g join public.team te on te.id = g.principal join public.team_member tm on tm.team_id = te.id, w
        where te.starts_at <= w.t and (te.ends_at is null or w.t < te.ends_at) and tm.starts_at <= w.t and (tm.ends_at is null or w.t < tm.ends_at)
          and exists (select 1 from public.posting po where po.person_id = tm.person_id and po.confirmed_by_id is not null
                      and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at))
    )
    select p.id, array(select distinct g.kind from reached r join g on g.id = r.id where r.person = p.id order by 1),
           array(select distinct a from reached r join g on g.id = r.id, unnest(g.acts) a where r.person = p.id order by 1),
           (select max(g.ends_at) from reached r join g on g.id = r.id where r.person = p.id and 'read' = any (g.acts)),
           case when exists (select 1 from public.recusal r where r.matter_id = m and r.state = 'in_force' and r.starts_at <= w.t and w.t < r.ends_at
                             and (r.principal = p.id or r.principal in (select b from public.posting po, unnest(array[po.body_id, po.home_body_id]) b
                                  where po.person_id = p.id and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)))) then 'recused'
                when mm.level > least(p.clearance, (select level_cap from access.installation)) then 'level'
                when not mm.comps <@ array(select h.compartment_id::integer from public.compartment_holder h where h.person = p.id
                             and h.confirmed_by is not null and h.starts_at <= w.t and w.t < h.ends_at) then 'compartment'
                else '' end
    from public.person p, public.matter mm, w where mm.id = m and p.active and p.id in (select person from reached) order by p.id
$$;
create or replace function access.who_may_see(m bigint) returns table (person integer, kinds text[], acts text[], until timestamptz, barred text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.* from access.knowers(m) k where access.may(m, 'read') $$;

-- ── renewing ───────────────────────────────────────────────────────────────────────────────────────────────────────
-- the access by which work is done; readers' and signers' access ends with its purpose, and leaders' is generated
create index grant_endings on public.matter_grant (ends_at) where revoked_at is null and kind in ('handler', 'receiver', 'team') and 'write' = any (acts);

create function access.renewed(g public.matter_grant) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- somebody looked at it: the same principal works on under a later grant
    select exists (select 1 from public.matter_grant o where o.matter_id = g.matter_id and o.principal = g.principal and o.id <> g.id
                   and o.kind in ('handler', 'receiver', 'team') and 'write' = any (o.acts) and o.revoked_at is null and o.ends_at > g.ends_at) $$;

create function access.renew(g bigint, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Another year of a working grant in its last thirty days, or within a year after its end: by who may approve or grant on the matter, for a
-- reason, with a fresh proof. Nobody renews what reaches himself, unless he leads the line and holds it still.
declare w record := access.who(); r public.matter_grant; fresh bigint := access.new_id(); act text;
begin
    select * into r from public.matter_grant where id = g for update;
    if w.person is null or r.id is null or not (access.may(r.matter_id, 'approve') or access.may(r.matter_id, 'grant')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    perform access.require_fresh();
    if btrim(coalesce(why, '')) = '' then raise exception 'a renewal needs a reason' using errcode = 'check_violation'; end if;
    if r.revoked_at is not null or r.kind not in ('handler', 'receiver', 'team') or not 'write' = any (r.acts) or r.ends_at <= w.t - interval '12 months'
       or not exists (select 1 from public.matter where id = r.matter_id and status = 'open') then
        raise exception 'this access is not renewed' using errcode = 'check_violation';
    end if;
    if r.ends_at > w.t + interval '30 days' then raise exception 'renewed in its last thirty days' using errcode = 'check_violation'; end if;
    if access.renewed(r) then raise exception 'renewed already' using errcode = 'check_violation'; end if;
    if r.principal = any (w.p || w.me) then
        if not access.may(r.matter_id, 'approve') then raise exception 'another looks at one''s own access' using errcode = 'check_violation'; end if;
        foreach act in array r.acts loop
            if not access.may(r.matter_id, act) then raise exception 'another looks at one''s own access' using errcode = 'check_violation'; end if;
        end loop;
    end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (fresh, r.matter_id, r.principal, r.kind, r.acts, w.t, w.t + interval '12 months', 'renewed', why, w.person, w.t);
    return fresh;
end $$;

-- ── saying so in time ──────────────────────────────────────────────────────────────────────────────────────────────
alter table access.installation add column endings_told timestamptz not null default 'epoch';
create function access.tell_endings(at_most integer default 200) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Thirty days ahead, once an hour: who works on or leads a matter hears that working access of some matter of his ends, never which. One who
-- has not yet read the last such word is not told again. A missed run loses nothing: the next begins where the last one stopped.
declare horizon timestamptz := access.now() + interval '30 days'; since timestamptz; batch bigint[]; last timestamptz; n integer := 0;
begin
    select endings_told into since from access.installation for update skip locked;
    if since is null or since > horizon - interval '1 hour' then return 0; end if;
    select array_agg(distinct x.matter_id), max(x.ends_at), count(*) into batch, last, n
    from (select g.matter_id, g.ends_at from public.matter_grant g
          where g.revoked_at is null and g.kind in ('handler', 'receiver', 'team') and 'write' = any (g.acts) and g.ends_at > greatest(since, access.now() - interval '12 months') and g.ends_at <= horizon
            and g.ends_at - g.starts_at > interval '60 days' and not access.renewed(g)
            and exists (select 1 from public.matter mm where mm.id = g.matter_id and mm.status = 'open')
          order by g.ends_at limit at_most) x;
    if n > 0 then
        insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
        select access.new_id(), p.person, null, 'access_ending', '{}', true, access.now()
        from (select distinct k.person from unnest(batch) m, access.knowers(m) k where k.barred = '' and k.acts && array['write', 'approve']) p
        where not exists (select 1 from public.notification x where x.person_id = p.person and x.kind = 'access_ending' and x.read_at is null);
    end if;
    -- grants of one instant share it: a full batch is followed from just before its last
    update access.installation set endings_told = case when n < at_most then horizon else greatest(last - interval '1 microsecond', since + interval '1 microsecond') end;
    return n;
end $$;
grant execute on function access.tell_endings(integer) to {sweeper};
grant execute on function access.renew(bigint, text) to {web}, {job};
select access.settle();
