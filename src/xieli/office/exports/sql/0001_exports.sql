-- A bulk export is its asker's own: written by the worker with his authority, read by him alone, gone after its time.
select access.desk_table('public.register_export', 'person_id');
revoke delete on public.register_export from {web}, {job};

create function access.export_live(e bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.register_export x where x.id = e and x.person_id = (access.who()).person and x.state in ('running', 'done') and (x.until is null or access.now() < x.until)) $$;
alter table public.register_export_sheet enable row level security; alter table public.register_export_sheet force row level security;
create policy own on public.register_export_sheet for select to {web}, {job} using (access.export_live(export_id));
create policy lay_down on public.register_export_sheet for insert to {job} with check (access.export_live(export_id));
create policy keeper on public.register_export_sheet to {keeper} using (true) with check (true);
grant select on public.register_export_sheet to {web}, {job};
grant insert on public.register_export_sheet to {job};
grant select, insert, update, delete on public.register_export_sheet to {keeper};

create function access.export_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what was asked is never rewritten; a web process asks and calls off, only the worker makes; what ended stays as it ended
declare told text[] := array['state', 'done', 'started_at', 'beat_at', 'finished_at', 'until']; web boolean := session_user = trim(both '"' from '{web}');
begin
    if tg_op = 'INSERT' then
        if new.person_id is distinct from (access.who()).person or new.state <> 'queued' or new.done <> 0 or new.until is not null then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
        perform access.require_fresh();
        new.session := (access.who()).session;
        return new;
    end if;
    if to_jsonb(new) - told <> to_jsonb(old) - told or (old.state not in ('queued', 'running') and not (old.state = 'done' and new.state = 'gone')) then
        raise exception 'an export is not rewritten' using errcode = 'check_violation';
    end if;
    if web and (new.state <> 'cancelled' or old.state not in ('queued', 'running') or new.until is not null or new.done <> old.done) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.register_export for each row execute function access.export_gate();
-- what is taken is taken by a person whose identity is fresh
create trigger prove_first_bulk before insert on audit.event for each row when (new.verb = 'export.fetched') execute function access.prove_first();

create function access.bind_export(e bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the mandate is the row: a person wrote it in a session of his
declare x public.register_export;
begin
    select * into x from public.register_export where id = e and state in ('queued', 'running');
    return x.id is not null and access.bind_for_job(x.person_id, x.session);
end $$;
create function access.export_ended(e bigint, how text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- whose asker may do it no longer, or what failed: nothing lies ready
begin
    if how not in ('refused', 'failed') then raise exception 'unknown end' using errcode = 'check_violation'; end if;
    update public.register_export set state = how, finished_at = access.now() where id = e and state in ('queued', 'running');
    return found;
end $$;
create function access.export_told(e bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person_id, null, 'export_ended', jsonb_build_object('export', x.id::text, 'state', x.state), false, access.now() from public.register_export x
    where x.id = e and x.state in ('done', 'failed');
end $$;
create function access.exports_left_over(quiet interval) returns table (export bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- what a killed worker left, or whose job was lost
    select x.id from public.register_export x where (x.state = 'running' and coalesce(x.beat_at, x.started_at) < access.now() - quiet) or (x.state = 'queued' and x.at < access.now() - quiet) $$;
create function access.exports_expire() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    delete from public.register_export_sheet s using public.register_export x where x.id = s.export_id and x.until <= access.now();
    update public.register_export set state = 'gone' where state = 'done' and until <= access.now();
    get diagnostics n = row_count;
    return n;
end $$;
select access.settle();
revoke all on function access.export_live(bigint), access.export_gate(), access.bind_export(bigint), access.export_ended(bigint, text), access.export_told(bigint),
    access.exports_left_over(interval), access.exports_expire() from public;
grant execute on function access.export_live(bigint) to {web}, {job};
grant execute on function access.bind_export(bigint), access.export_ended(bigint, text), access.export_told(bigint), access.exports_left_over(interval), access.exports_expire() to {job};
