-- Runs are done by a worker with the authority of who asked, as it is when the run begins and again when its hits are laid down.
select access.bind_table('public.match_snapshot'), access.bind_table('public.match_tripwire'), access.bind_table('public.match_tripwire_check');
revoke update on public.match_snapshot, public.match_tripwire_check from {web}, {job};

create function access.match_capacity() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what a job will be done with: the session that asks, so that a job never has more than the capacity chosen there
begin new.session := (access.who()).session; return new; end $$;
create trigger capacity before insert on public.match_run for each row execute function access.match_capacity();
create trigger capacity before insert on public.match_tripwire for each row execute function access.match_capacity();

create or replace function access.match_run_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- no job without assessment, approved scope, two signatures, time and budget, asked when it is asked for and again when it
-- begins; a run that ended stays as it ended. Progress and the wish to stop are no part of what a run is.
declare a public.match_authorization; t timestamptz := access.now(); beginning boolean := tg_op = 'INSERT';
        telling text[] := array['stage', 'done', 'total', 'beat_at', 'cancel_at', 'engine_run'];
begin
    if tg_op = 'UPDATE' then
        if old.state not in ('queued', 'running') or (to_jsonb(new) - telling - array['state', 'result', 'said_zh', 'said_en', 'finished_at', 'started_at'])
                <> (to_jsonb(old) - telling - array['state', 'result', 'said_zh', 'said_en', 'finished_at', 'started_at']) then
            raise exception 'a run is not rewritten' using errcode = 'check_violation';
        end if;
        if to_jsonb(new) - telling = to_jsonb(old) - telling then return new; end if;
        -- whoever may write on the matter may call off what has not begun; everything else is the asker's own
        if old.state = 'queued' and new.state = 'cancelled' then return new; end if;
        -- a job whose asker may do it no longer ends as refused, by the worker, which then speaks for nobody
        if new.state = 'refused' and session_user = trim(both '"' from '{job}') and (access.who()).person is null then return new; end if;
        if new.person_id is distinct from (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
        if not (old.state = 'queued' and new.state = 'running') then return new; end if;
        beginning := false;
    elsif new.person_id is distinct from (access.who()).person then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if new.state = 'refused' then return new; end if;
    select * into a from public.match_authorization where id = new.authorization_id for update;
    if a.id is null or a.matter_id <> new.matter_id or (beginning and new.state <> 'queued') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if btrim(a.assessment) = '' then raise exception 'matching needs an impact assessment' using errcode = 'check_violation'; end if;
    if not access.match_scope(a.matter_id, a.kind, btrim(a.programme_document)) then raise exception 'matching needs an approved scope' using errcode = 'check_violation'; end if;
    if a.ends_at <= t or t < a.starts_at then raise exception 'the authorization has expired' using errcode = 'check_violation'; end if;
    if a.state = 'exhausted' then raise exception 'the runs of the authorization are used up' using errcode = 'check_violation'; end if;
    if a.state <> 'in_force' or (select count(distinct s.person_id) from public.match_signature s where s.authorization_id = a.id and s.digest = a.digest) < 2 then
        raise exception 'an authorization needs two persons' using errcode = 'check_violation';
    end if;
    if not a.operators ? new.person_id::text then raise exception 'no operator of this authorization' using errcode = 'check_violation'; end if;
    if not beginning then return new; end if;
    if new.trial and exists (select 1 from public.match_run r where r.authorization_id = a.id and r.model = new.model and r.trial and r.state in ('queued', 'running', 'done')) then
        raise exception 'a trial is made once' using errcode = 'check_violation';
    end if;
    if exists (select 1 from public.match_run r where r.authorization_id = a.id and r.model = new.model and r.trial = new.trial and r.state in ('queued', 'running')) then
        raise exception 'this run is under way' using errcode = 'check_violation';
    end if;
    if not new.trial and access.match_runs_used(a.id) >= a.runs then raise exception 'the runs of the authorization are used up' using errcode = 'check_violation'; end if;
    return new;
end $$;

create function access.match_runs_used(a bigint) returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- a trial, a refusal and what was called off before it began use nothing up
    select count(*) from public.match_run r where r.authorization_id = a and not r.trial and r.state <> 'refused' and not (r.state = 'cancelled' and r.started_at is null) $$;

create function access.match_used_up() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- with the end of the last run it allows, an authorization is exhausted; hits are still judged and revealed under it
begin
    update public.match_authorization a set state = 'exhausted'
    where a.id = new.authorization_id and a.state = 'in_force' and access.match_runs_used(a.id) >= a.runs
      and not exists (select 1 from public.match_run r where r.authorization_id = a.id and r.state in ('queued', 'running'));
    return null;
end $$;
create trigger used_up after update of state on public.match_run for each row when (new.state not in ('queued', 'running')) execute function access.match_used_up();

create function access.bind_for_job(who integer, asked_in bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- binds the worker's transaction to a person as he stands now: disabled, moved or out of the circle, he (and the job) sees
-- and may what he would. A session of the job's own, whose cookie nobody has, ends with the transaction's work.
declare t timestamptz := access.now(); w record; person public.person; c integer[]; claim text; s access.session; asked access.session;
begin
    perform set_config('app.p', '{}', true), set_config('app.w', '', true), set_config('app.sig', '', true);
    select * into person from public.person p where p.id = who and p.active and p.account;
    select * into asked from access.session x where x.id = asked_in and x.person = who;
    if person.id is null or asked.id is null then return false; end if;
    insert into access.session (id, token, person, posting, opened_at, seen_at, until, idle, factor, proved_at, zone)
    values (access.new_id(), sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), who, asked.posting, t, t, t + interval '1 hour', '1 hour', 'none', asked.proved_at, asked.zone)
    returning * into s;
    select * into w from access.principals(who, s.posting, t);
    c := array(select compartment_id::integer from public.compartment_holder h where h.person = who and h.confirmed_by is not null and h.starts_at <= t and t < h.ends_at order by 1);
    claim := concat_ws(';', w.p::text, w.me::text, least(person.clearance, coalesce((select level_cap from access.installation), 0))::text, c::text, who::text, s.id::text, s.turn::text,
                       extract(epoch from clock_timestamp() + interval '1 hour')::bigint::text);
    perform set_config('app.p', w.p::text, true), set_config('app.w', claim, true), set_config('app.sig', access.mac(claim), true);
    return true;
end $$;
create function access.bind_run(r bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the mandate is the row: a person wrote it in a session of his
declare x public.match_run;
begin
    select * into x from public.match_run where id = r and state in ('queued', 'running');
    return x.id is not null and access.bind_for_job(x.person_id, x.session);
end $$;
create function access.bind_tripwire(w bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare x public.match_tripwire;
begin
    select * into x from public.match_tripwire where id = w and state = 'armed';
    return x.id is not null and access.bind_for_job(x.person_id, x.session);
end $$;

create function access.match_beat(r bigint, what text, n bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a sign of life; says whether somebody asked the run to stop
declare asked boolean;
begin
    update public.match_run set stage = what, done = n, beat_at = access.now() where id = r and state = 'running' returning cancel_at is not null into asked;
    return coalesce(asked, true);
end $$;
create function access.match_drop(r bigint, zh text, en text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the asker may do it no longer: the run is refused, nothing was laid down. Returns the matter.
declare m bigint;
begin
    update public.match_run set state = 'refused', said_zh = zh, said_en = en, result = '{"code": "no_authority"}', finished_at = access.now()
    where id = r and state in ('queued', 'running') returning matter_id into m;
    return m;
end $$;
create function access.match_left_over(quiet interval) returns table (run bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- runs that a killed worker left: under way without a sign of life
    select r.id from public.match_run r where r.state = 'running' and coalesce(r.beat_at, r.started_at) < access.now() - quiet
    union all select r.id from public.match_run r where r.state = 'queued' and r.at < access.now() - quiet $$;
create function access.match_tripwires_due() returns table (tripwire bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select w.id from public.match_tripwire w where w.state = 'armed' and w.next_on <= access.day(access.now()) order by w.next_on, w.id limit 100 $$;
create function access.match_told(r bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- who asked is told that his run has ended; he may have left long ago
begin
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person_id, x.matter_id, 'match_run', jsonb_build_object('run', x.id::text, 'state', x.state), false, access.now() from public.match_run x
    where x.id = r and x.state in ('done', 'failed', 'refused');
end $$;

create or replace function access.match_destroyed(what text, record jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the sweeper, after the engine destroyed its files: hits and pictures lose their content, verdicts and counts stay
declare a public.match_authorization; t timestamptz := access.now();
begin
    select * into a from public.match_authorization x where x.code = what and x.state = 'expired' and x.keep_until < (t at time zone 'Asia/Shanghai')::date for update;
    if a.id is null then return; end if;
    update public.match_hit h set told_zh = '', told_en = '', evidence = '{}', causes = '[]', edges = '[]' from public.match_run r where r.id = h.run_id and r.authorization_id = a.id;
    update public.match_snapshot set edges = '[]', view = '{}', note = '' where authorization_id = a.id;
    update public.match_tripwire set state = 'ended', baseline = '{}' where authorization_id = a.id;
    update public.match_authorization set state = 'destroyed', destroyed_at = t, destroyed = record where id = a.id;
end $$;

create function access.match_tripwire_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a tripwire stands on a programme authorization that its setter operates and that names the model; it only moves on
declare a public.match_authorization;
begin
    if tg_op = 'UPDATE' then
        if (to_jsonb(new) - array['state', 'next_on', 'baseline']) <> (to_jsonb(old) - array['state', 'next_on', 'baseline']) or new.next_on < old.next_on or old.state = 'ended' then
            raise exception 'a tripwire is not rewritten' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    select * into a from public.match_authorization where id = new.authorization_id;
    if a.id is null or new.person_id is distinct from (access.who()).person or not access.may(a.matter_id, 'read') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if new.state <> 'armed' or a.kind <> 'programme' or a.state <> 'in_force' or not a.operators ? new.person_id::text
       or not exists (select 1 from jsonb_array_elements(a.document -> 'models') m where m ->> 'model' = new.model) then
        raise exception 'a tripwire needs a programme authorization' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.match_tripwire for each row execute function access.match_tripwire_gate();

create function access.match_outcomes_by(wanted text) returns table (month text, site text, site_en text, judged bigint, true_hits bigint, not_true bigint, data_error bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- a model's record by month and body: counts only, and none of fewer than five judged hits, so that none points at a matter (ours)
    select to_char(l.at at time zone 'Asia/Shanghai', 'YYYY-MM'), b.name_zh, b.name_en, count(*), count(*) filter (where l.verdict = 'true'), count(*) filter (where l.verdict = 'not_true'),
           count(*) filter (where l.verdict = 'data_error')
    from (select distinct on (v.hit_id) h.model, v.verdict, v.at, h.matter_id from public.match_verdict v join public.match_hit h on h.id = v.hit_id order by v.hit_id, v.at desc, v.id desc) l
    join public.matter m on m.id = l.matter_id join public.body b on b.id = m.owner_body_id
    where l.model = wanted and l.verdict <> 'open' and (select (access.who()).person) is not null group by 1, 2, 3 having count(*) >= 5 order by 1 desc, 2 $$;

select access.settle();
revoke all on function access.match_capacity(), access.match_runs_used(bigint), access.match_used_up(), access.bind_for_job(integer, bigint), access.bind_run(bigint), access.bind_tripwire(bigint),
    access.match_beat(bigint, text, bigint), access.match_drop(bigint, text, text), access.match_left_over(interval), access.match_tripwires_due(), access.match_told(bigint),
    access.match_tripwire_gate(), access.match_outcomes_by(text) from public;
grant execute on function access.bind_run(bigint), access.bind_tripwire(bigint), access.match_beat(bigint, text, bigint), access.match_drop(bigint, text, text), access.match_left_over(interval),
    access.match_tripwires_due(), access.match_told(bigint) to {job};
grant execute on function access.match_outcomes_by(text) to {web}, {job};
