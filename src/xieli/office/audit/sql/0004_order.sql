-- Acts of one transaction carry one instant: they are told in the order in which they were written, not by their random names.

create or replace function audit.seen(m bigint, before timestamptz default null, at_most integer default 200)
    returns table (uuid uuid, at timestamptz, verb text, person bigint, capacity text, purpose text, canon bytea)
    language sql stable security definer set search_path = pg_catalog as $$
    select e.uuid, e.at, e.verb, e.person, e.capacity, e.purpose,
           case when not exists (select 1 from unnest(e.matters) x where x <> m and not access.may(x, 'read')) then e.canon end
    from audit.event_matter em join audit.event e on e.id = em.event
    where em.matter = m and (select access.may(m, 'read')) and (before is null or e.at < before)
    order by e.at desc, e.id desc limit least(at_most, 1000) $$;
-- the audit administrator's trail: who, what, when, on how many matters; no content, no matter
create or replace function audit.trail(since timestamptz, until timestamptz, of_person bigint default null, of_verb text default null, at_most integer default 500)
    returns table (uuid uuid, at timestamptz, verb text, person bigint, session bigint, capacity text, process text, matters integer, sealed boolean)
    language sql stable security definer set search_path = pg_catalog as $$
    select e.uuid, e.at, e.verb, e.person, e.session, e.capacity, e.process, cardinality(e.matters),
           exists (select 1 from audit.leaf l where l.event = e.id)
    from audit.event e
    where (select audit.holds('audit_admin')) and e.at >= since and e.at < until
      and (of_person is null or e.person = of_person) and (of_verb is null or e.verb = of_verb)
    order by e.at desc, e.id desc limit least(at_most, 5000) $$;
