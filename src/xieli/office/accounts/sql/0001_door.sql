-- Credentials: a schema of the door's own. No other login role may read one; the owner itself, forced, reads none.
create schema door;
revoke all on schema door from public;
grant usage on schema door to {door}, {keeper}, {backup};
create table door.credential (
    person      integer primary key references public.person (id),
    login       text not null unique check (login ~ '^[a-z0-9._-]{3,40}$'),
    password    text not null default '',          -- Argon2id; empty until the one-time code was used
    changed_at  timestamptz,
    failures    integer not null default 0,
    next_try    timestamptz not null default '-infinity',
    disabled_at timestamptz
);
create table door.totp (
    person      integer primary key references door.credential (person),
    secret      bytea not null,                    -- AES-GCM under the door's own key file
    confirmed_at timestamptz,
    last_step   bigint not null default 0          -- a code is used once
);
create table door.recovery (id bigint generated always as identity primary key, person integer not null references door.credential (person), code text not null, used_at timestamptz);
create table door.one_time (id bigint generated always as identity primary key, person integer not null references door.credential (person), code bytea not null unique,
    expires_at timestamptz not null, used_at timestamptz);
create table door.passkey (id bytea primary key, person integer not null references door.credential (person), public_key bytea not null, sign_count bigint not null default 0,
    name text not null default '', made_at timestamptz not null);
do $$ declare t text; begin
    foreach t in array array['credential', 'totp', 'recovery', 'one_time', 'passkey'] loop
        execute format('alter table door.%I enable row level security', t);
        execute format('alter table door.%I force row level security', t);
        execute format('create policy door on door.%I to {door} using (true) with check (true)', t);
        execute format('create policy keeper on door.%I to {keeper} using (true) with check (true)', t);
        execute format('create policy backup on door.%I for select to {backup} using (true)', t);
        execute format('grant select, insert, update, delete on door.%I to {door}, {keeper}', t);
        execute format('grant select on door.%I to {backup}', t);
    end loop;
end $$;
-- the door reads the names and duties it needs to choose a profile, nothing else about people
create policy door on public.person for select to {door} using (true);
grant select (id, name, active, account) on public.person to {door};

create function access.prove(cookie_digest bytea) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a fresh proof of identity on an open session: asked before acts that ASVS 7.5.3 names
begin
    update access.session set proved_at = access.now() where token = cookie_digest and ended_at is null and access.now() < until;
    return found;
end $$;
create function access.fresh(minutes integer default 5) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select s.factor = 'none' and exists (select 1 from access.installation where mark in ('demo', 'scratch'))
                            or s.proved_at > access.now() - make_interval(mins => least(minutes, 5))
                     from access.session s where s.id = (access.who()).session), false) $$;
create function access.is_admin(who integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.posting po join public.office o on o.id = po.office_id where po.person_id = who and po.confirmed_by_id is not null
        and o.code in ('system_admin', 'security_admin', 'audit_admin') and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)) $$;

-- ── duties: the security administrator proposes, the body's head confirms; nobody for himself ──────────────────────
create function access.holds(code_wanted text, at_body integer default null) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.posting po join public.office o on o.id = po.office_id where po.person_id = (access.who()).person and po.confirmed_by_id is not null
        and o.code = code_wanted and (at_body is null or o.body_id = at_body) and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)) $$;
create function access.add_person(person_name text, person_en text, keys text[], level smallint, with_account boolean) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    insert into public.person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account)
    values (person_name, coalesce(person_en, ''), coalesce(keys, '{}'), coalesce(keys[1], ''), '', '', level, true, with_account) returning id into n;
    return n;
end $$;
create function access.propose_duty(who integer, office integer, t_from timestamptz, t_to timestamptz, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); o public.office; p bigint;
begin
    if not access.holds('security_admin') or who = w.person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    select * into o from public.office f where f.id = propose_duty.office and f.valid_to is null;
    if o.id is null then raise exception 'no such principal' using errcode = 'check_violation'; end if;
    insert into public.posting (person_id, body_id, room_id, office_id, kind, starts_at, ends_at, basis, is_deputy, granted_by_id)
    values (who, o.body_id, o.room_id, o.id, 'regular', coalesce(t_from, access.now()), t_to, coalesce(why, ''), false, w.person) returning id into p;
    return p;
end $$;
create function access.confirm_duty(p bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the body's head; where it has none yet (the very first), by two administrators who are not the one who proposed it:
-- the system administrator stands for the head until there is one
declare w record := access.who(); po public.posting; has_head boolean;
begin
    select * into po from public.posting where id = p and confirmed_by_id is null for update;
    select exists (select 1 from public.posting x join public.office o on o.id = x.office_id where x.body_id = po.body_id and o.code = 'head' and x.confirmed_by_id is not null
                   and x.starts_at <= access.now() and (x.ends_at is null or access.now() < x.ends_at)) into has_head;
    if po.id is null or po.person_id = w.person or po.granted_by_id = w.person
       or not (case when has_head then access.holds('head', po.body_id) else access.holds('system_admin') end) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.posting set confirmed_by_id = w.person where id = p;
end $$;
create function access.end_duty(p bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.posting set ends_at = access.now() where id = p and (ends_at is null or ends_at > access.now());
end $$;
create function access.enrol(who integer, login_name text, code_digest bytea, hours integer default 72) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- an account and its one-time code: by the security administrator, never for himself; a new code ends the old ones
declare w record := access.who();
begin
    if not access.holds('security_admin') or who = w.person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if (select mark from access.installation) <> 'production' then raise exception 'a demo has no accounts' using errcode = 'check_violation'; end if;
    insert into door.credential (person, login) values (who, login_name) on conflict (person) do update set login = excluded.login;
    update door.one_time set used_at = access.now() where person = who and used_at is null;
    insert into door.one_time (person, code, expires_at) values (who, code_digest, access.now() + make_interval(hours => least(hours, 168)));
end $$;
create function access.disable_account(who integer) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') or who = (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.person set active = false where id = who;
    update door.credential set disabled_at = access.now() where person = who;
    update access.session set ended_at = access.now() where person = who and ended_at is null;
end $$;
create function access.my_sessions() returns table (id bigint, opened_at timestamptz, seen_at timestamptz, factor text, here boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.opened_at, s.seen_at, s.factor, s.id = (access.who()).session from access.session s
    where s.person = (access.who()).person and s.ended_at is null and access.now() < s.until order by s.opened_at desc $$;
create function access.end_my_session(s bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update access.session set ended_at = access.now() where id = s and person = (access.who()).person and ended_at is null;
    return found;
end $$;
revoke all on function access.prove(bytea), access.fresh(integer), access.is_admin(integer), access.holds(text, integer), access.add_person(text, text, text[], smallint, boolean),
    access.propose_duty(integer, integer, timestamptz, timestamptz, text), access.confirm_duty(bigint), access.end_duty(bigint), access.enrol(integer, text, bytea, integer),
    access.disable_account(integer), access.my_sessions(), access.end_my_session(bigint) from public;
grant execute on function access.prove(bytea), access.is_admin(integer) to {door};
grant execute on function access.fresh(integer), access.holds(text, integer), access.add_person(text, text, text[], smallint, boolean),
    access.propose_duty(integer, integer, timestamptz, timestamptz, text), access.confirm_duty(bigint), access.end_duty(bigint), access.enrol(integer, text, bytea, integer),
    access.disable_account(integer), access.my_sessions(), access.end_my_session(bigint) to {web};
select access.settle();
