-- Moves that a playbook gives to the passing of time alone (who: [system]): the worker makes them. Nobody presses anything, so they
-- are carried by the last person who acted on the matter and may still write on it; recused, moved or disabled, it is the next.
create table access.due_look (matter_id bigint primary key references public.matter on delete cascade, looked_at timestamptz not null);
grant select on access.due_look to {backup};

create function access.matters_due(at_most integer) returns table (m bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- matters that stand where such a move begins, and for which a limit has passed, an access of the playbook has ended or a sub-matter
-- has closed since: whether the move may be made, the guards of the playbook say. One that was looked at in vain waits an hour,
-- unless something more has ended meanwhile.
    with k as (select v.code as kind, v.version, f.stage from public.playbook_version v, jsonb_array_elements(v.content->'moves') e,
                      jsonb_array_elements_text(case jsonb_typeof(e->'from') when 'array' then e->'from' else jsonb_build_array(e->'from') end) f (stage)
               where e->'who' = '["system"]')
    select distinct x.id from k join public.matter x on x.kind = k.kind and x.playbook_version = k.version and x.status = 'open' and k.stage = any (x.stages::text[])
           left join access.due_look l on l.matter_id = x.id, access.now() t,
           lateral (select case when l.looked_at > t - interval '1 hour' then l.looked_at else '-infinity' end as after) seen
    where exists (select 1 from public.clock c where c.matter_id = x.id and c.state = 'running' and c.alarm_at <= t and c.alarm_at > after)
       or exists (select 1 from public.matter_grant g where g.matter_id = x.id and g.revoked_at is null and g.ends_at <= t and g.ends_at > after and g.basis like 'playbook:%')
       or exists (select 1 from public.matter_link y join public.matter z on z.id = y.target_id join public.matter_stage s on s.matter_id = x.id and s.state = 'open'
                  where y.source_id = x.id and z.status = 'closed' and z.closed_at >= s.opened_at and z.closed_at > after)
    order by 1 limit at_most $$;

create function access.bind_due(m bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- binds the worker to whoever carries the move; null when nobody may, 0 when another has the matter in hand
declare one record;
begin
    perform 1 from public.matter where id = m and status = 'open' for update skip locked;
    if not found then return 0; end if;
    for one in select v.person_id as person, (select s.id from access.session s where s.person = v.person_id order by s.posting nulls first, s.opened_at desc limit 1) as asked
               from public.matter_move v where v.matter_id = m group by v.person_id order by max(v.at) desc, v.person_id loop
        if access.bind_for_job(one.person, one.asked) then
            if access.may(m, 'write') then return one.person; end if;
            perform access.end_session();
        end if;
    end loop;
    return null;
end $$;

create function access.looked_in_vain(m bigint) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into access.due_look (matter_id, looked_at) values (m, access.now()) on conflict (matter_id) do update set looked_at = excluded.looked_at $$;

create function access.tell_carrier(m bigint) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
-- a message never goes to who acts himself; here nobody acted, so the one whose authority carried the move is told as well
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), w.person, m, n.kind, n.fields, n.mandatory, n.at
    from access.who() w, (select distinct kind, fields, mandatory, at from public.notification where matter_id = m and at = access.now() and kind like 'playbook.%') n
    where w.person is not null and access.moved_now(m, 'write') $$;

select access.settle();
revoke all on function access.tell_carrier(bigint), access.matters_due(integer), access.bind_due(bigint), access.looked_in_vain(bigint) from public;
grant execute on function access.tell_carrier(bigint), access.matters_due(integer), access.bind_due(bigint), access.looked_in_vain(bigint) to {job};
