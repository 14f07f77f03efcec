-- Sign-ins are acts: opened, failed in a row, left, factors taken on and given up. Written by the database itself, whichever process does it;
-- never a login name, an address, a device or a code.

-- ── a fresh proof for what leaves the house and for a number that is shown ─────────────────────────────────────────
drop trigger prove_first on audit.event;
create trigger prove_first before insert on audit.event for each row
    when (new.verb in ('register.exported', 'document.issued', 'document.printed', 'match.revealed', 'match.exported', 'report.taken', 'report.exported', 'identity.opened'))
    execute function access.prove_first();
drop function access.open_identity(bigint);
create function access.open_identity(s bigint, why text) returns text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
-- An identity number in full: a proof first, a reason, an event, then the number. Without `read` there is nothing to open.
declare su public.matter_subject; salt bytea; body bytea; pad bytea; i integer; out bytea;
begin
    select * into su from public.matter_subject where id = s;
    if su.id is null or su.id_sealed is null or not access.may(su.matter_id, 'read') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if length(trim(coalesce(why, ''))) < 4 then raise exception 'a number is shown for a reason' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    salt := substr(su.id_sealed, 1, 16); body := substr(su.id_sealed, 17, length(su.id_sealed) - 32);
    if substr(access.keyed('identity-tag', salt || body), 1, 16) <> substr(su.id_sealed, length(su.id_sealed) - 15) then
        raise exception 'the sealed number was altered' using errcode = 'data_corrupted';
    end if;
    pad := access.keyed('identity-seal', salt) || access.keyed('identity-seal-2', salt); out := body;
    for i in 0 .. length(body) - 1 loop out := set_byte(out, i, get_byte(body, i) # get_byte(pad, i)); end loop;
    perform audit.write('identity.opened', jsonb_build_object('subject', s::text, 'purpose', left(trim(why), 200)), array[su.matter_id], '{}', true);
    return convert_from(out, 'UTF8');
end $$;
revoke all on function access.open_identity(bigint, text) from public;
grant execute on function access.open_identity(bigint, text) to {web};

-- ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.note_session(s bigint, who integer, what text, detail jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- One event whose actor is this session itself, though nobody is bound here (the door). What was bound stays bound. For definers only.
declare claim text := concat_ws(';', '{}', '{' || who || '}', '-1', '{}', who::text, s::text, (select turn::text from access.session where id = s),
                                (extract(epoch from clock_timestamp())::bigint + 60)::text);
        p text := current_setting('app.p', true); w text := current_setting('app.w', true); sig text := current_setting('app.sig', true);
begin
    perform set_config('app.p', '{}', true), set_config('app.w', claim, true), set_config('app.sig', access.mac(claim), true);
    perform audit.write(what, detail, '{}', '{}', true);
    perform set_config('app.p', coalesce(p, ''), true), set_config('app.w', coalesce(w, ''), true), set_config('app.sig', coalesce(sig, ''), true);
end $$;
create or replace function access.open_session(cookie_digest bytea, who integer, how text, place text, hours integer, idle_minutes integer)
    returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare new_id bigint := (('x' || encode(substr(sha256(cookie_digest || convert_to(gen_random_uuid()::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint) & 4611686018427387903;
begin
    if not exists (select 1 from public.person where id = who and active and account) then
        raise exception 'no such account' using errcode = 'insufficient_privilege';
    end if;
    insert into access.session (id, token, person, opened_at, seen_at, until, idle, factor, proved_at, zone)
    values (new_id, cookie_digest, who, access.now(), access.now(), access.now() + make_interval(hours => hours),
            make_interval(mins => idle_minutes), how, access.now(), place);
    -- the picker of a demo is no sign-in
    if how <> 'none' then
        perform access.note_session(new_id, who, 'session.opened', jsonb_build_object('factor', how, 'failures', coalesce((select failures from door.credential where person = who), 0)));
    end if;
    return new_id;
end $$;
create or replace function access.end_session() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s access.session;
begin
    select * into s from access.session where id = (access.who()).session and ended_at is null for update;
    if s.id is null then return; end if;
    if s.factor in ('totp', 'webauthn') then perform audit.write('session.left', '{}', '{}', '{}', true); end if;
    update access.session set ended_at = access.now() where id = s.id;
end $$;
create or replace function access.end_session_of(cookie_digest bytea) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the browser signs in again: what it held before ends. A session that ran out ended by itself and is no act.
declare s access.session;
begin
    select * into s from access.session where token = cookie_digest and ended_at is null for update;
    if s.id is null then return; end if;
    if access.now() < s.until and access.now() < s.seen_at + s.idle then perform access.note_session(s.id, s.person, 'session.left', '{}'); end if;
    update access.session set ended_at = access.now() where id = s.id;
end $$;
create or replace function access.end_sessions_of(who integer) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- all of them, by somebody or something else: a new password, a disabled account, a factor reset
declare n integer;
begin
    update access.session set ended_at = access.now() where person = who and ended_at is null and factor <> 'none';
    get diagnostics n = row_count;
    if n > 0 then perform audit.write('session.all_ended', jsonb_build_object('of', who::text, 'sessions', n), '{}', '{}', true); end if;
    update access.session set ended_at = access.now() where person = who and ended_at is null;
    return n;
end $$;
create or replace function access.disable_account(who integer) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') or who = (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.person set active = false where id = who;      -- its trigger ends the sessions
    update door.credential set disabled_at = access.now() where person = who;
    perform access.end_sessions_of(who);
end $$;

-- ── the door ───────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.note_credential() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- A run of failures at its third, eighth and every doubling after; at sixteen an alarm. The count is of one account; unknown logins have none.
begin
    if new.failures > old.failures and (new.failures = 3 or (new.failures >= 8 and new.failures & (new.failures - 1) = 0)) then
        perform audit.write('signin.failing', jsonb_build_object('of', new.person::text, 'failures', new.failures), '{}', '{}', true);
        if new.failures >= 16 then perform audit.raise_alarm('signin', '有账号连续多次登录失败', 'an account fails to sign in again and again'); end if;
    end if;
    if new.password is distinct from old.password and new.password <> '' then
        perform audit.write('password.set', jsonb_build_object('of', new.person::text), '{}', '{}', true);
    end if;
    return null;
end $$;
create trigger noted after update on door.credential for each row execute function access.note_credential();
create function access.note_factor() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare kind text := case tg_table_name when 'totp' then 'totp' else 'webauthn' end; who integer; what text;
begin
    if tg_op = 'DELETE' then who := old.person; what := 'factor.ended'; else who := new.person; what := 'factor.enrolled'; end if;
    perform audit.write(what, jsonb_build_object('of', who::text, 'kind', kind), '{}', '{}', true);
    return null;
end $$;
create trigger noted after update on door.totp for each row when (new.confirmed_at is not null and old.confirmed_at is null) execute function access.note_factor();
create trigger noted_end after delete on door.totp for each row when (old.confirmed_at is not null) execute function access.note_factor();
create trigger noted after insert or delete on door.passkey for each row execute function access.note_factor();
revoke all on function access.note_session(bigint, integer, text, jsonb), access.note_credential(), access.note_factor() from public;
select access.settle();
