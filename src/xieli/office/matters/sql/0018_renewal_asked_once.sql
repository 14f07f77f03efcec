-- The rule of renewing stands once: the list asks it, the act asks it. Who knows of a matter is asked as the binding asks it: front-line
-- posts, learners and pairs know by name alone. And of grants that end at one instant (an imported ledger) none is passed over.

create or replace function access.knowers(m bigint) returns table (person integer, kinds text[], acts text[], until timestamptz, barred text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with w as (select access.now() as t),
    g as (select g.* from public.matter_grant g, w where g.matter_id = m and g.starts_at <= w.t and w.t < g.ends_at
          and (g.revoked_at is null or w.t < g.revoked_at)),
    serving as (select po.* from public.posting po, w where po.confirmed_by_id is not null and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)),
    reached as (
        select s.person_id as person, g.id from g join serving s on g.principal = s.person_id
        union
        select s.person_id, g.id from g join serving s on g.principal in (s.body_id, s.room_id, s.office_id) and not access.only_by_name(s.kind)
        union
        select s.person_id, g.id from g join public.area a on a.id = g.principal join serving s on s.body_id = a.lead_body_id and not access.only_by_name(s.kind), w
        where a.valid_from <= access.day(w.t) and (a.valid_to is null or access.day(w.t) < a.valid_to)
        union
        select tm.person_id, g.id from g join public.team te on te.id = g.principal join public.team_member tm on tm.team_id = te.id, w
        where te.starts_at <= w.t and (te.ends_at is null or w.t < te.ends_at) and tm.starts_at <= w.t and (tm.ends_at is null or w.t < tm.ends_at)
          and exists (select 1 from serving s where s.person_id = tm.person_id)
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

create function access.renewal_refused(r public.matter_grant) returns text language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- Why the bound person may not renew this grant; empty where he may. Working access in its last thirty days, or within a year after its end, by
-- who may approve or grant on the matter. Nobody renews what reaches himself, unless he leads the line and holds every act of it still.
declare w record := access.who();
begin
    if w.person is null or r.id is null or not (access.may(r.matter_id, 'approve') or access.may(r.matter_id, 'grant')) then return 'not visible'; end if;
    if r.revoked_at is not null or r.kind not in ('handler', 'receiver', 'team') or not 'write' = any (r.acts) or r.ends_at <= w.t - interval '12 months'
       or not exists (select 1 from public.matter where id = r.matter_id and status = 'open') then return 'this access is not renewed'; end if;
    if r.ends_at > w.t + interval '30 days' then return 'renewed in its last thirty days'; end if;
    if access.renewed(r) then return 'renewed already'; end if;
    if r.principal = any (w.p || w.me) and (not access.may(r.matter_id, 'approve') or exists (select 1 from unnest(r.acts) a where not access.may(r.matter_id, a))) then
        return 'another looks at one''s own access';
    end if;
    return '';
end $$;
create or replace function access.renew(g bigint, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- another year of a working grant, for a reason and with a fresh proof; the old grant stays as it was
declare w record := access.who(); r public.matter_grant; fresh bigint := access.new_id(); refused text;
begin
    select * into r from public.matter_grant where id = g for update;
    refused := access.renewal_refused(r);
    if refused = 'not visible' then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    perform access.require_fresh();
    if btrim(coalesce(why, '')) = '' then raise exception 'a renewal needs a reason' using errcode = 'check_violation'; end if;
    if refused <> '' then raise exception '%', refused using errcode = 'check_violation'; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (fresh, r.matter_id, r.principal, r.kind, r.acts, w.t, w.t + interval '12 months', 'renewed', why, w.person, w.t);
    return fresh;
end $$;
grant execute on function access.renewal_refused(public.matter_grant), access.renewed(public.matter_grant) to {web}, {job};

create or replace function access.tell_endings(at_most integer default 200) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Thirty days ahead, once an hour: who works on or leads a matter hears that working access of some matter of his ends, never which. One who
-- has not yet read the last such word is not told again. A missed run loses nothing: the next begins where the last one stopped, and what
-- ends at one instant is looked at together, however much it is.
declare horizon timestamptz := access.now() + interval '30 days'; since timestamptz; batch bigint[]; last timestamptz; n integer := 0;
begin
    select endings_told into since from access.installation for update skip locked;
    if since is null or since > horizon - interval '1 hour' then return 0; end if;
    select array_agg(distinct x.matter_id), max(x.ends_at), count(*) into batch, last, n
    from (select g.matter_id, g.ends_at from public.matter_grant g
          where g.revoked_at is null and g.kind in ('handler', 'receiver', 'team') and 'write' = any (g.acts) and g.ends_at > greatest(since, access.now() - interval '12 months') and g.ends_at <= horizon
            and g.ends_at - g.starts_at > interval '60 days' and not access.renewed(g)
            and exists (select 1 from public.matter mm where mm.id = g.matter_id and mm.status = 'open')
          order by g.ends_at fetch first at_most rows with ties) x;
    if n > 0 then
        insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
        select access.new_id(), p.person, null, 'access_ending', '{}', true, access.now()
        from (select distinct k.person from unnest(batch) m, access.knowers(m) k where k.barred = '' and k.acts && array['write', 'approve']) p
        where not exists (select 1 from public.notification x where x.person_id = p.person and x.kind = 'access_ending' and x.read_at is null);
    end if;
    update access.installation set endings_told = case when n < at_most then horizon else last end;
    return n;
end $$;
select access.settle();
