-- Hits and results are the worker's alone; the web role asks for a run and calls it off. While the installer plays a story the
-- web role does the worker's part (access.rehearsing); a demo that is open has no such moment, and production never has.
create function access.match_results_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare told text[] := array['stage', 'done', 'total', 'beat_at', 'cancel_at'];
begin
    if session_user is distinct from trim(both '"' from '{web}') or access.rehearsing() then return new; end if;
    if tg_op = 'UPDATE' and (to_jsonb(new) - told = to_jsonb(old) - told or (old.state = 'queued' and new.state = 'cancelled' and new.result = old.result)) then return new; end if;
    raise exception 'not visible' using errcode = 'insufficient_privilege';
end $$;
create trigger results before update on public.match_run for each row execute function access.match_results_gate();
create trigger results before insert on public.match_hit for each row execute function access.match_results_gate();
revoke all on function access.match_results_gate() from public;
