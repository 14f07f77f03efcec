-- Alarms of one round of the sweeper, raised together: five hundred one by one took three times as long as all the rest of the round.

create function access.raise_alarms(asked bigint[], levels integer[]) returns table (clock bigint, alarm bigint)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- The handler and his head at a warning; at expiry the superior's head too; for custody also the internal-supervision room, from the
-- first warning on. Past custody expiry each call is one more alarm, until a lawful exit stops the clock. Whom an office holds is
-- looked up once for every body, not for every clock.
declare t timestamptz := access.now();
begin
    return query
    with due as materialized (
        select c.id, c.matter_id, c.code, c.rule, x.level, m.owner_body_id as own, c.on_expiry = 'must_release' as custody, x.level >= 2 as over
        from unnest(asked, levels) x(id, level) join public.clock c on c.id = x.id and c.state = 'running' join public.matter m on m.id = c.matter_id),
    line as materialized (select d.own, access.body_at(d.own, 'next_up') as up from (select distinct own from due) d),
    circle as materialized (
        select distinct d.own, d.custody, d.over, po.person_id
        from (select distinct own, custody, over from due) d join line l on l.own = d.own
        join public.office o on o.body_id = d.own or ((d.custody or d.over) and o.body_id = l.up)
        left join public.room r on r.id = o.room_id
        join public.posting po on po.office_id = o.id
        where (case when d.custody then o.code in ('head', 'internal_supervision') or r.kind = 'internal_supervision' when d.over then o.code in ('head', 'case_duty') else o.code = 'case_duty' end)
          and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)),
    raised as (
        insert into public.alarm (id, matter_id, clock_id, kind, level, raised_at, answer)
        select access.new_id(), d.matter_id, d.id, case when d.custody then 'custody' else 'clock' end, d.level, t, '' from due d
        returning clock_id, id),
    told as (
        insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
        select access.new_id(), x.person_id, x.matter_id, 'clock_alarm', jsonb_build_object('clock', x.id::text, 'code', x.code, 'rule', x.rule, 'level', x.level), true, t
        from (select d.id, d.matter_id, d.code, d.rule, d.level, c.person_id from due d join circle c on (c.own, c.custody, c.over) = (d.own, d.custody, d.over)
              union
              select d.id, d.matter_id, d.code, d.rule, d.level, g.principal from due d join public.matter_grant g on g.matter_id = d.matter_id join public.person p on p.id = g.principal
              where 'write' = any (g.acts) and g.starts_at <= t and t < g.ends_at and g.revoked_at is null) x
        where not exists (select 1 from public.recusal rc where rc.matter_id = x.matter_id and rc.principal = x.person_id and rc.state = 'in_force'
                          and rc.starts_at <= t and t < rc.ends_at))
    select raised.clock_id, raised.id from raised;
end $$;
create or replace function access.raise_alarm(c bigint, at_level integer) returns bigint language sql security definer set search_path = pg_catalog, pg_temp as $$
-- one alone
select alarm from access.raise_alarms(array[c], array[at_level]) $$;
grant execute on function access.raise_alarms(bigint[], integer[]) to {sweeper};
