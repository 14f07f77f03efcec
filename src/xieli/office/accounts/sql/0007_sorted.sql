-- A person is ordered by the reading of the whole name; `keys` holds it first, then the initials under which he is found.
create or replace function access.add_person(person_name text, person_en text, keys text[], level smallint, with_account boolean) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    insert into public.person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account)
    values (person_name, coalesce(person_en, ''), coalesce(keys[2:], '{}'), coalesce(keys[1], ''), '', '', level, true, with_account) returning id into n;
    return n;
end $$;
