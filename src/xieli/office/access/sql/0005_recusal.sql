-- Recusal wins over every grant. Automatic ones are computed from facts; the others are raised, bar new grants meanwhile, and
-- are decided by the head, for the head by his superior. None is lifted by one person alone.

-- anyone who sees the matter raises one; oneself one may always recuse, at once, and learns nothing by it
create function access.raise_recusal(m bigint, whom integer, why_ground text, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); r bigint := access.new_id(); ordered boolean;
begin
    if w.person is null or whom is null or (whom <> w.person and not access.may(m, 'read')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if coalesce(why_ground, '') = '' then raise exception 'a recusal needs a ground' using errcode = 'check_violation'; end if;
    if not exists (select 1 from public.person where id = whom) and not exists (select 1 from public.body where id = whom) then
        raise exception 'a recusal names a person or a body' using errcode = 'check_violation';
    end if;
    -- an order of who may approve is in force at once (cn.zw.recuse.who: the superior may order it directly)
    ordered := why_ground = 'order' and whom <> w.person and access.may(m, 'approve');
    insert into public.recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, raised_by, decided_by, decided_at, reason)
    select r, mm.id, whom, why_ground, ordered, case when ordered or whom = w.person then 'in_force' else 'raised' end, w.t,
           timestamptz '9999-01-01 00:00:00+00', w.person, case when ordered then w.person end, case when ordered then w.t end, coalesce(why, '')
    from public.matter mm where mm.id = m;
    return r;
end $$;

-- who decides: for the head of the owning body, the head of the body above it; for others the head, or who may approve on the
-- matter. Never the one it concerns, and nobody of a body that it concerns.
create function access.may_decide(r bigint) returns boolean language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); rr public.recusal; owner public.body;
begin
    select * into rr from public.recusal where id = r;
    if w.person is null or rr.id is null or rr.principal = any (w.me) then return false; end if;
    select b.* into owner from public.body b join public.matter mm on mm.owner_body_id = b.id where mm.id = rr.matter_id;
    if rr.principal = owner.id or access.holds_office(rr.principal, 'head', owner.id) then
        return coalesce(access.holds_office(w.person, 'head', owner.parent_id), false);
    end if;
    return coalesce(access.may(rr.matter_id, 'approve') or access.holds_office(w.person, 'head', owner.id), false);
end $$;
create function access.decide_recusal(r bigint, verdict text, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); rr public.recusal;
begin
    if not access.may_decide(r) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if verdict is null or verdict not in ('in_force', 'rejected') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    update public.recusal set state = verdict, decided_by = w.person, decided_at = w.t, reason = concat_ws(' · ', nullif(reason, ''), why),
           starts_at = w.t where id = r and state = 'raised' returning * into rr;
    if rr.id is null then raise exception 'already decided' using errcode = 'check_violation'; end if;
end $$;
-- what waits for the bound person's decision, without opening the matter to him
create function access.pending_recusals() returns table (id bigint, matter_id bigint, principal integer, ground text, reason text, raised_by integer, raised_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.id, r.matter_id, r.principal, r.ground, r.reason, r.raised_by, r.starts_at
    from public.recusal r where r.state = 'raised' and access.may_decide(r.id) order by r.starts_at, r.id $$;

-- one asks, another who may decide agrees: only then a recusal in force ends
create function access.lift_recusal(r bigint, why text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); rr public.recusal;
begin
    if not access.may_decide(r) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(coalesce(why, '')) < 8 then raise exception 'lifting a recusal needs a reason' using errcode = 'check_violation'; end if;
    select * into rr from public.recusal where id = r and state = 'in_force' and w.t < ends_at for update;
    if rr.id is null then raise exception 'not in force' using errcode = 'check_violation'; end if;
    if rr.lift_asked_by is null or rr.lift_asked_by = w.person then
        update public.recusal set lift_asked_by = w.person, reason = concat_ws(' · ', nullif(reason, ''), why) where id = r;
        return false;
    end if;
    update public.recusal set ends_at = greatest(w.t, starts_at + interval '1 microsecond'), decided_by = w.person, decided_at = w.t,
           reason = concat_ws(' · ', nullif(reason, ''), why) where id = r;
    return true;
end $$;

-- ── automatic ──────────────────────────────────────────────────────────────────────────────────────────────────────
-- In force: the subject; spouse and near kin, declared by either side; a witness; and where a body that takes part besides the
-- owner is the subject's own unit (or sits in it), that body's and the unit's leadership and the subject's line superiors there.
-- Raised: staff of the bodies taking part who once worked at the subject's unit.
create function access.automatic_recusals(m bigint) returns table (principal integer, ground text, state text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with t as (select access.now() as now),
    about as (   -- subjects and witnesses with every digest and person they are known by
        select s.role, s.unit_body_id, p.id as person, coalesce(s.id_digest, p.id_digest) as digest
        from public.matter_subject s
        left join public.person p on p.id = s.person_id or (s.id_digest is not null and p.id_digest = s.id_digest)
        where s.matter_id = m and s.kind = 'person'
    ), partner as (
        select mb.body_id from public.matter_body mb join public.matter mm on mm.id = mb.matter_id, t
        where mb.matter_id = m and mb.body_id <> mm.owner_body_id and mb.starts_at <= t.now and (mb.ends_at is null or t.now < mb.ends_at)
    ), own_unit as (   -- the subject's unit and the organs in it, when one of them takes part
        select distinct a.person, a.unit_body_id as unit, b.id as body from about a
        join public.body b on b.id = a.unit_body_id or b.unit_id = a.unit_body_id
        where a.role = 'subject' and a.unit_body_id is not null and exists (
            select 1 from public.body x join partner on partner.body_id = x.id where x.id = a.unit_body_id or x.unit_id = a.unit_body_id)
    ), subject_room as (
        select u.person, po.room_id from own_unit u join public.posting po on po.person_id = u.person and po.room_id is not null, t
        where po.starts_at <= t.now and (po.ends_at is null or t.now < po.ends_at)
    ), chiefs as (
        select po.person_id from own_unit u join public.posting po on po.body_id = u.body join public.office o on o.id = po.office_id, t
        where po.starts_at <= t.now and (po.ends_at is null or t.now < po.ends_at)
          and (o.code in ('head', 'deputy', 'party_secretary')
               or (o.code = 'room_head' and o.room_id in (select room_id from subject_room sr where sr.person = u.person))
               or exists (select 1 from public.office_line_room l join subject_room sr on sr.room_id = l.room_id where l.office_id = o.id and sr.person = u.person))
    ), every_ground (principal, ground, o) as (
        select person, case role when 'witness' then 'witness' else 'subject' end, case role when 'witness' then 2 else 1 end from about where person is not null
        union all select k.person_id, 'kin', 3 from about a join public.kin k on k.near and k.id_digest = a.digest where a.role = 'subject'
        union all select p.id, 'kin', 3 from about a join public.kin k on k.near and k.person_id = a.person join public.person p on p.id_digest = k.id_digest
            where a.role = 'subject'
        union all select person_id, 'own_unit', 4 from chiefs
        union all select po.person_id, 'former_employer', 5 from about a
            join public.former_employment fe on fe.body_id = a.unit_body_id
            join public.posting po on po.person_id = fe.person_id, t
            where a.role = 'subject' and po.starts_at <= t.now and (po.ends_at is null or t.now < po.ends_at)
              and (po.body_id in (select body_id from partner) or po.body_id = (select owner_body_id from public.matter where id = m))
    )
    select distinct on (e.principal) e.principal, e.ground, case e.ground when 'former_employer' then 'raised' else 'in_force' end
    from every_ground e order by e.principal, e.o
$$;
create function access.compute_recusals(m bigint) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Adds what is missing and turns a raised one into force when a fact now speaks; takes nothing back (lift_recusal does).
declare n integer; t timestamptz := access.now();
begin
    insert into public.recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)
    select access.new_id(), m, x.principal, x.ground, true, x.state, t, timestamptz '9999-01-01 00:00:00+00', ''
    from access.automatic_recusals(m) x
    where not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal and t < r.ends_at
                      and (r.state = 'in_force' or (r.state = x.state and r.automatic)))
      and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal and r.ground = x.ground
                      and (r.state = 'rejected' or (r.state = 'in_force' and r.ends_at <= t)));
    get diagnostics n = row_count;
    return n;
end $$;
create function access.recusal_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.compute_recusals(new.matter_id);
    return null;
end $$;
-- somebody of whom neither number, person nor unit is known recuses nobody
create trigger recusals after insert or update on public.matter_subject for each row
    when (new.person_id is not null or new.id_digest is not null or new.unit_body_id is not null) execute function access.recusal_trigger();
create trigger recusals after insert or update on public.matter_body for each row execute function access.recusal_trigger();

-- the facts of persons move too: a new declaration, a number recorded, a new chief
create index subject_by_digest on public.matter_subject (id_digest) where id_digest is not null;
create index subject_by_person on public.matter_subject (person_id) where person_id is not null;
create index person_by_digest on public.person (id_digest) where id_digest is not null;
create index kin_by_digest on public.kin (id_digest) where id_digest is not null;
create function access.recompute(digests bytea[], persons integer[], units integer[]) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    select access.compute_recusals(m) from (
        select matter_id as m from public.matter_subject where id_digest = any (digests)
        union select matter_id from public.matter_subject s join public.person p on p.id = s.person_id where p.id_digest = any (digests)
        union select matter_id from public.matter_subject where person_id = any (persons)
        union select matter_id from public.matter_subject where unit_body_id = any (units)) x $$;
create function access.kin_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.recompute(array[new.id_digest] || array(select id_digest from public.person where id = new.person_id), array[new.person_id], '{}');
    return null;
end $$;
create trigger recusals after insert or update on public.kin for each row execute function access.kin_moves();
create function access.person_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.recompute(array[new.id_digest] || array(select id_digest from public.person where id in
                (select person_id from public.kin where id_digest = new.id_digest)),
            array(select person_id from public.kin where id_digest = new.id_digest), '{}');
    return null;
end $$;
create trigger recusals after insert or update of id_digest on public.person for each row when (new.id_digest is not null)
    execute function access.person_moves();
create function access.posting_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.recompute('{}', '{}', array(select x from public.body b, unnest(array[b.id, b.unit_id]) x where b.id = new.body_id and x is not null));
    return null;
end $$;
create trigger recusals after insert or update on public.posting for each row execute function access.posting_moves();

-- whether a person may join a team on the matter: asked by who may grant there, of anyone; nobody else learns anything
create function access.free_to_join(m bigint, whom integer) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    return coalesce(access.may(m, 'grant') and not access.barred(m, whom)
        -- joining a team oneself brings nothing that one lacks
        and (whom <> w.person or not exists (
            select 1 from public.matter_grant g, unnest(g.acts) act where g.matter_id = m and w.t < g.ends_at and g.revoked_at is null
              and g.principal in (select id from public.team where matter_id = m) and not access.may(m, act))), false);
end $$;
