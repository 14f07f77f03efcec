-- Whether somebody who is not here could open a matter is the same question as who may see it: it is asked there.
create or replace function access.would_read(m bigint, who integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from access.knowers(m) k where k.person = who and k.barred = '' and 'read' = any (k.acts)) $$;
