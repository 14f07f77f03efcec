-- Two doors beside the grants: breaking glass, and the closed circles of the security administrators.

create function access.break_glass(m bigint, why text, hours integer default 4) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- For staff of the owning body, at most four hours, with a reason, never above clearance or into a circle, never against a
-- recusal. A second person judges it within 24 hours (the review row). One answer for hidden, forbidden and unknown.
declare w record := access.who(); g bigint := access.new_id(); mm public.matter;
begin
    if length(coalesce(why, '')) < 8 then raise exception 'break-glass needs a reason' using errcode = 'check_violation'; end if;
    select * into mm from public.matter where id = m;
    if w.person is null or mm.id is null or mm.level > w.lvl or not mm.comps <@ w.comps or not (mm.owner_body_id = any (w.p))
       or exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (w.me) and r.state in ('in_force', 'raised') and w.t < r.ends_at) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (g, m, w.person, 'break_glass', '{read}', w.t, w.t + make_interval(hours => least(greatest(coalesce(hours, 4), 1), 4)), 'break_glass', why, w.person, w.t);
    insert into public.break_glass (id, matter_id, grant_id, person, reason, opened_at, judge_before, verdict, comment)
    values (access.new_id(), m, g, w.person, why, w.t, w.t + interval '24 hours', '', '');
    return g;
end $$;
-- the second person: who may approve on the matter, or the head of the owning body; never the one who broke it
create function access.may_judge_glass(b bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select x.person <> w.person and not (x.person = any (w.me))
        and not exists (select 1 from public.recusal r where r.matter_id = x.matter_id and r.principal = any (w.me) and r.state = 'in_force'
                        and r.starts_at <= w.t and w.t < r.ends_at)
        and (access.may(x.matter_id, 'approve') or access.holds_office(w.person, 'head', mm.owner_body_id))
        from public.break_glass x join public.matter mm on mm.id = x.matter_id, access.who() w where x.id = b), false) $$;
create function access.judge_break_glass(b bigint, its_verdict text, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); x public.break_glass;
begin
    if not access.may_judge_glass(b) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if its_verdict is null or its_verdict not in ('justified', 'unjustified') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    update public.break_glass set verdict = its_verdict, judged_by = w.person, judged_at = w.t, comment = coalesce(why, '')
    where id = b and verdict = '' returning * into x;
    if x.id is null then raise exception 'already judged' using errcode = 'check_violation'; end if;
    if its_verdict = 'unjustified' then
        update public.matter_grant set revoked_at = w.t where id = x.grant_id and revoked_at is null;
    end if;
end $$;
create function access.pending_break_glass() returns table (id bigint, matter_id bigint, person integer, reason text, opened_at timestamptz, judge_before timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select x.id, x.matter_id, x.person, x.reason, x.opened_at, x.judge_before from public.break_glass x
    where x.verdict = '' and access.may_judge_glass(x.id) order by x.opened_at, x.id $$;
-- what nobody judged in time: who and when, no content. The sweeper marks it once and raises the alarm.
create function access.glass_alarms() returns table (id bigint, person integer, opened_at timestamptz)
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    update public.break_glass x set alarmed_at = access.now() where x.verdict = '' and x.alarmed_at is null and x.judge_before <= access.now()
    returning x.id, x.person, x.opened_at $$;
create function access.overdue_break_glass() returns table (id bigint, person integer, opened_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select x.id, x.person, x.opened_at from public.break_glass x, access.who() w
    where x.verdict = '' and x.judge_before <= access.now() and access.holds_any_office(w.person, array['audit_admin', 'security_admin']) order by 3 $$;

-- ── circles ────────────────────────────────────────────────────────────────────────────────────────────────────────
-- A security administrator proposes; a holder of the circle, or while it has none the head of the person's body, confirms.
-- He opens no circle for himself, and proposing shows him no matter. Twelve months at most.
create function access.propose_holder(circle bigint, whom integer, t_to timestamptz, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); h bigint;
begin
    if w.person is null or not access.holds_any_office(w.person, array['security_admin']) or whom = w.person
       or not exists (select 1 from public.compartment where id = circle) or not exists (select 1 from public.person where id = whom) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if coalesce(why, '') = '' then raise exception 'a circle needs a basis' using errcode = 'check_violation'; end if;
    insert into public.compartment_holder (compartment_id, person, starts_at, ends_at, granted_by, basis)
    values (circle, whom, w.t, least(coalesce(t_to, w.t + interval '12 months'), w.t + interval '12 months'), w.person, why) returning id into h;
    return h;
end $$;
create function access.confirm_holder(h bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); x public.compartment_holder; peopled boolean;
begin
    select * into x from public.compartment_holder where id = h for update;
    peopled := exists (select 1 from public.compartment_holder o where o.compartment_id = x.compartment_id and o.confirmed_by is not null
                       and o.starts_at <= w.t and w.t < o.ends_at);
    if w.person is null or x.id is null or x.confirmed_by is not null or w.person in (x.person, x.granted_by)
       or not coalesce(case when peopled then x.compartment_id = any (w.comps)
              else exists (select 1 from public.posting po where po.person_id = x.person and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
                           and access.holds_office(w.person, 'head', po.body_id)) end, false) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.compartment_holder set confirmed_by = w.person where id = h;
end $$;
create function access.end_holder(h bigint, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); x public.compartment_holder;
begin
    select * into x from public.compartment_holder where id = h;
    if w.person is null or x.id is null or not (x.person = w.person or access.holds_any_office(w.person, array['security_admin'])
                                                or x.compartment_id = any (w.comps)) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.compartment_holder set ends_at = greatest(w.t, starts_at + interval '1 microsecond'), basis = concat_ws(' · ', basis, why)
    where id = h and w.t < ends_at;
end $$;
-- what a security administrator manages: names of circles and of persons, no matter
create function access.holders() returns table (id bigint, compartment_id bigint, code text, person integer, starts_at timestamptz,
                                                ends_at timestamptz, granted_by integer, confirmed_by integer)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.id, h.compartment_id, c.code, h.person, h.starts_at, h.ends_at, h.granted_by, h.confirmed_by
    from public.compartment_holder h join public.compartment c on c.id = h.compartment_id, access.who() w
    where access.holds_any_office(w.person, array['security_admin']) or h.compartment_id = any (w.comps) or h.person = w.person
       or (h.confirmed_by is null and exists (select 1 from public.posting po where po.person_id = h.person
           and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at) and access.holds_office(w.person, 'head', po.body_id)))
    order by 2, 4, 1 $$;

-- ── who may see this ───────────────────────────────────────────────────────────────────────────────────────────────
-- every person whom a grant now reaches, by which kinds and until when; and what, if anything, stands in his way
create function access.who_may_see(m bigint) returns table (person integer, kinds text[], acts text[], until timestamptz, barred text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with w as (select access.now() as t where access.may(m, 'read')),
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
