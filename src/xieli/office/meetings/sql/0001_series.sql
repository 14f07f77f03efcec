-- Series and their sides are known to every bound session; they are written by these doors only.
select access.open_table('public.meeting_series'), access.open_table('public.series_side');
create function access.runs_body(b integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- whether the bound person holds, now and confirmed, an office that runs a body
    select exists (select 1 from public.posting po join public.office o on o.id = po.office_id where po.person_id = (access.who()).person and po.body_id = b and po.confirmed_by_id is not null
                   and o.code in ('head', 'deputy', 'room_head', 'case_duty', 'town_secretary') and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at))
$$;
create function access.found_series(c text, zh text, en text, b integer, rhythm text, k text, office integer, basis text, sides integer[], in_turn integer[], starts date) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r bigint;
begin
    if not access.runs_body(b) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if rhythm not in ('week', 'month', 'quarter', 'year') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    insert into public.meeting_series (code, name_zh, name_en, body_id, every, kind, convener_id, basis, valid_from) values (c, zh, en, b, rhythm, k, office, basis, starts) returning id into r;
    insert into public.series_side (series_id, body_id, place, convenes) select r, s.body, s.place, s.body = any (in_turn) from unnest(sides) with ordinality s(body, place);
    return r;
end $$;
create function access.end_series(s bigint, last_day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.meeting_series set valid_to = last_day where id = s and valid_to is null and access.runs_body(body_id);
    if not found then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
end $$;
select access.settle();
grant execute on function access.found_series(text, text, text, integer, text, text, integer, text, integer[], integer[], date), access.end_series(bigint, date) to {web}, {job};
