-- Who is told of what on the desk, and what a lead takes along. A message names a matter by id only: its words are made when it
-- is read, for who may see the matter then; and nobody is told of what he could not open.

-- ── the evidence of a lead ─────────────────────────────────────────────────────────────────────────────────────────
-- The lead's circle reads the evidence in a row of the lead's own. The row of the conversion carries the id of the matter that
-- was checked, and stays in that matter's circle.
drop policy of_lead on public.match_conversion;
select access.bind_table('public.match_lead_evidence', 'matter_id', 'read');
revoke insert, update on public.match_lead_evidence from {web}, {job};
create function access.match_bound(h bigint) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- which columns of which data sets stood behind a hit, by the model's tables: the titles of the evidence are found by it
    select coalesce((select m -> 'bind' from public.match_hit x join public.match_run r on r.id = x.run_id join public.match_authorization a on a.id = r.authorization_id,
                     jsonb_array_elements(a.document -> 'models') m where x.id = h and m ->> 'model' = x.model limit 1), '{}') $$;
create function access.match_goes_along() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into public.match_lead_evidence (id, matter_id, evidence, bound, authorization_digest, person_id, at)
    values (access.new_id(), new.lead_id, new.evidence, access.match_bound(new.hit_id), new.authorization_digest, new.person_id, new.at);
    return null;
end $$;
create trigger goes_along after insert on public.match_conversion for each row execute function access.match_goes_along();
insert into public.match_lead_evidence (id, matter_id, evidence, bound, authorization_digest, person_id, at)
select access.new_id(), c.lead_id, c.evidence, access.match_bound(c.hit_id), c.authorization_digest, c.person_id, c.at from public.match_conversion c;

-- ── who is told ────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.would_read(m bigint, who integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- whether a person who is not here could open a matter now, in whatever he serves as: the exact question, asked for another
    select exists (select 1 from public.matter mm, public.person pe, access.principals(who, null, access.now()) pr
        where mm.id = m and pe.id = who and pe.active and mm.level <= least(pe.clearance, coalesce((select level_cap from access.installation), 0))
          and mm.comps <@ array(select compartment_id::integer from public.compartment_holder h
                                where h.person = who and h.confirmed_by is not null and h.starts_at <= access.now() and access.now() < h.ends_at)
          and exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (pr.p) and 'read' = any (g.acts) and g.starts_at <= access.now()
                      and access.now() < g.ends_at and (g.revoked_at is null or access.now() < g.revoked_at) and g.basis <> '')
          and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (pr.me) and r.state = 'in_force'
                          and r.starts_at <= access.now() and access.now() < r.ends_at)) $$;
create function access.match_tell(a public.match_authorization, persons integer[], what text, must boolean, more jsonb default '{}') returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
-- each of these once of the same thing, if he could open the matter; nobody of what he did himself
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person, a.matter_id, what, jsonb_build_object('authorization', a.id::text) || more, must, access.now()
    from (select distinct unnest(persons) as person) x
    where x.person is distinct from (access.who()).person and access.would_read(a.matter_id, x.person)
      and not exists (select 1 from public.notification n where n.person_id = x.person and n.kind = what and n.fields ->> 'authorization' = a.id::text) $$;
create function access.match_holders(a public.match_authorization) returns integer[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- who asked for an authorization and who works under it
    select array(select a.proposed_by_id union select o::integer from jsonb_array_elements_text(a.operators) o) $$;
create function access.match_signers(a public.match_authorization) returns integer[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select array(select s.person_id from public.match_signature s where s.authorization_id = a.id) $$;

create function access.match_leaders(a public.match_authorization) returns integer[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the leaders of the owning body who may sign it
    select array(select po.person_id from public.posting po join public.office o on o.id = po.office_id join public.matter m on m.id = a.matter_id
        where po.body_id = m.owner_body_id and o.code in ('head', 'deputy', 'room_head') and po.confirmed_by_id is not null and po.starts_at <= access.now()
          and (po.ends_at is null or access.now() < po.ends_at) and not po.person_id = any (access.match_holders(a))) $$;

create function access.match_asks_signature() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.match_tell(new, access.match_leaders(new), 'match_sign', true);
    return null;
end $$;
create trigger asks_signature after insert on public.match_authorization for each row when (new.state = 'waiting') execute function access.match_asks_signature();

create or replace function access.match_signed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- who has signed is no longer asked; with the second signature nobody is
declare a public.match_authorization; asked integer[] := array[new.person_id];
begin
    if (select count(distinct s.person_id) from public.match_signature s where s.authorization_id = new.authorization_id) >= 2 then
        update public.match_authorization set state = 'in_force' where id = new.authorization_id and state = 'waiting' returning * into a;
        if a.id is not null then
            perform access.match_tell(a, access.match_holders(a), 'match_in_force', false);
            asked := asked || access.match_leaders(a);
        end if;
    end if;
    update public.notification n set read_at = access.now()
    where n.person_id = any (asked) and n.kind = 'match_sign' and n.fields ->> 'authorization' = new.authorization_id::text and n.read_at is null;
    return null;
end $$;

create or replace function access.match_expire() returns table (code varchar) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the sweeper: who works under what ends within a week (a short one: its second half) is told once; what has ended is
-- expired; returns the authorizations whose keeping is over and whose data must go
declare t timestamptz := access.now(); a public.match_authorization;
begin
    for a in select * from public.match_authorization x where x.state in ('in_force', 'exhausted') and t < x.ends_at
             and t >= x.ends_at - least(interval '7 days', (x.ends_at - x.starts_at) / 2) loop
        perform access.match_tell(a, access.match_holders(a), 'match_ends', false, jsonb_build_object('on', (a.ends_at at time zone 'Asia/Shanghai')::date::text));
    end loop;
    update public.match_authorization x set state = 'expired' where x.state in ('waiting', 'in_force', 'exhausted') and x.ends_at <= t;
    return query select x.code from public.match_authorization x where x.state = 'expired' and x.keep_until < (t at time zone 'Asia/Shanghai')::date;
end $$;

create function access.match_gone() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.match_tell(new, access.match_holders(new) || access.match_signers(new), 'match_destroyed', false);
    return null;
end $$;
create trigger gone after update of state on public.match_authorization for each row when (new.state = 'destroyed' and old.state <> 'destroyed') execute function access.match_gone();

create function access.match_suspended(wanted text) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a model was suspended by the verdict just given: who works under it and who answers for it by signature is told, once a day.
-- The message names the model, whose page is open to all; no matter.
declare n integer; t timestamptz := access.now();
begin
    if not exists (select 1 from public.match_verdict v join public.match_hit h on h.id = v.hit_id where h.model = wanted and v.person_id = (access.who()).person and v.at = t) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person, null, 'model_suspended', jsonb_build_object('model', wanted), true, t
    from (select distinct unnest(access.match_holders(a) || access.match_signers(a)) as person from public.match_authorization a
          where a.state in ('in_force', 'exhausted') and exists (select 1 from jsonb_array_elements(a.document -> 'models') m where m ->> 'model' = wanted)) x
    join public.person p on p.id = x.person and p.active
    where not exists (select 1 from public.notification o where o.person_id = x.person and o.kind = 'model_suspended' and o.fields ->> 'model' = wanted and o.at > t - interval '1 day');
    get diagnostics n = row_count;
    return n;
end $$;

select access.settle();
revoke all on function access.match_bound(bigint), access.match_goes_along(), access.would_read(bigint, integer), access.match_tell(public.match_authorization, integer[], text, boolean, jsonb),
    access.match_holders(public.match_authorization), access.match_leaders(public.match_authorization), access.match_signers(public.match_authorization), access.match_asks_signature(), access.match_gone(), access.match_suspended(text) from public;
grant execute on function access.match_suspended(text) to {web}, {job};
