-- Groups, seats and neighbours are known to every bound session; they are written by these doors only, and give nobody access.
select access.open_table('public.cooperation_group'), access.open_table('public.cooperation_seat'), access.open_table('public.body_neighbour');

create function access.found_group(c text, t text, zh text, en text, b integer, a integer, basis text, starts date, ends date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r bigint;
begin
    if not access.runs_body(b) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    insert into public.cooperation_group (code, template, name_zh, name_en, body_id, area_id, basis, valid_from, valid_to) values (c, t, zh, en, b, a, basis, starts, ends) returning id into r;
    return r;
end $$;
create function access.seat_group(g bigint, s text, b integer, o integer, p integer, starts date, ends date) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r bigint;
begin
    if not exists (select 1 from public.cooperation_group x where x.id = g and access.runs_body(x.body_id)) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    -- the same seat taken again confirms the new holder of an office
    update public.cooperation_seat set person_id = p where group_id = g and slot = s and office_id = o and o is not null and valid_to is null returning id into r;
    if r is null then
        insert into public.cooperation_seat (group_id, slot, body_id, office_id, person_id, valid_from, valid_to) values (g, s, b, o, p, starts, ends) returning id into r;
    end if;
    return r;
end $$;
create function access.leave_seat(s bigint, last_day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.cooperation_seat x set valid_to = last_day where x.id = s and x.valid_to is null
        and exists (select 1 from public.cooperation_group y where y.id = x.group_id and access.runs_body(y.body_id));
    if not found then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
end $$;
create function access.end_group(g bigint, last_day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.cooperation_group x set valid_to = last_day where x.id = g and access.runs_body(x.body_id);
    if not found then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.cooperation_seat set valid_to = last_day where group_id = g and valid_to is null;
end $$;
create function access.divide_towns(county integer, plan jsonb, basis text, starts date) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- The county's towns, each in exactly one area: an orphan or a town named twice stops the whole. The old division ends the day before.
declare town integer; twice integer; n integer := 0; one jsonb; a integer;
begin
    if not access.runs_body(county) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    select t::integer into twice from jsonb_array_elements(plan) p, jsonb_array_elements_text(p -> 'towns') t group by t having count(*) > 1 limit 1;
    if twice is not null then raise exception 'town twice %', twice using errcode = 'check_violation'; end if;
    select b.id into town from public.body b where b.parent_id = county and b.kind = 'town_committee' and b.valid_to is null
        and not exists (select 1 from jsonb_array_elements(plan) p, jsonb_array_elements_text(p -> 'towns') t where t::integer = b.id) limit 1;
    if town is not null then raise exception 'town orphan %', town using errcode = 'check_violation'; end if;
    if exists (select 1 from jsonb_array_elements(plan) p, jsonb_array_elements_text(p -> 'towns') t
               where not exists (select 1 from public.body b where b.id = t::integer and b.parent_id = county and b.kind = 'town_committee')) then
        raise exception 'town elsewhere' using errcode = 'check_violation';
    end if;
    update public.area_body m set valid_to = starts from public.area x where x.id = m.area_id and x.kind = 'townships' and x.lead_body_id = county and m.valid_to is null;
    update public.area set valid_to = starts where kind = 'townships' and lead_body_id = county and valid_to is null;
    for one in select * from jsonb_array_elements(plan) loop
        insert into public.area (kind, name_zh, name_en, lead_body_id, basis, plan_digest, valid_from) values ('townships', one ->> 'zh', one ->> 'en', county, left(basis, 200), '', starts) returning id into a;
        insert into public.area_body (area_id, body_id, role, valid_from) select a, t::integer, 'member', starts from jsonb_array_elements_text(one -> 'towns') t;
        n := n + 1;
    end loop;
    return n;
end $$;
select access.settle();
grant execute on function access.found_group(text, text, text, text, integer, integer, text, date, date), access.seat_group(bigint, text, integer, integer, integer, date, date), access.leave_seat(bigint, date),
    access.end_group(bigint, date), access.divide_towns(integer, jsonb, text, date) to {web}, {job};
