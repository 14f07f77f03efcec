-- Sessions and the binding. bind(token) computes the session's principals from postings and teams valid now, writes
-- them into settings together with a MAC that only a definer can make; policies believe who(), which checks the MAC.
create table access.session (
    id          bigint primary key,
    token       bytea not null unique,                 -- sha256 of the cookie
    person      integer not null references public.person (id),
    posting     bigint references public.posting (id), -- the capacity chosen: own duty, borrowed, case team
    opened_at   timestamptz not null,
    seen_at     timestamptz not null,
    until       timestamptz not null,
    idle        interval not null default '15 minutes',
    factor      text not null default 'none',          -- none (demo) | totp | webauthn
    proved_at   timestamptz not null,                  -- last re-authentication
    zone        text not null default 'closed',
    ended_at    timestamptz
);
create index session_of_person on access.session (person) where ended_at is null;

create function access.mac(t text) returns bytea language sql stable security definer set search_path = pg_catalog as
$$ select sha256((select k from access.secret) || sha256((select k from access.secret) || convert_to(t, 'UTF8'))) $$;
create function access.claim() returns text language sql stable set search_path = pg_catalog as
$$ select concat_ws('|', current_setting('app.p', true), current_setting('app.me', true), current_setting('app.lvl', true),
          current_setting('app.comps', true), current_setting('app.person', true), current_setting('app.session', true),
          pg_backend_pid(), extract(epoch from pg_catalog.now()), session_user) $$;
revoke all on function access.mac(text), access.claim() from public;

-- principals valid at t: the person, his bodies, rooms and offices by postings in force, his teams, areas of his bodies
create function access.principals(who integer, capacity bigint, t timestamptz)
    returns table (p integer[], me integer[]) language sql stable security definer set search_path = pg_catalog as $$
    with held as (
        select po.body_id, po.room_id, po.office_id, coalesce(po.home_body_id, po.body_id) as home
        from public.posting po
        where po.person_id = who and po.confirmed_by_id is not null
          and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
          and (capacity is null or po.id = capacity or po.kind = 'regular')
    ), team as (
        select tm.team_id from public.team_member tm join public.team te on te.id = tm.team_id
        where tm.person_id = who and tm.starts_at <= t and (tm.ends_at is null or t < tm.ends_at)
          and te.starts_at <= t and (te.ends_at is null or t < te.ends_at)
    ), area as (
        select ab.area_id from public.area_body ab join public.area a on a.id = ab.area_id
        where a.lead_body_id in (select body_id from held)
          and ab.valid_from <= t::date and (ab.valid_to is null or t::date < ab.valid_to)
    )
    select array(select who union select body_id from held union select room_id from held where room_id is not null
                 union select office_id from held where office_id is not null
                 union select team_id from team union select area_id from area order by 1),
           array(select who union select body_id from held union select home from held order by 1)
$$;
revoke all on function access.principals(integer, bigint, timestamptz) from public;

create function access.bind(cookie text) returns boolean language plpgsql security definer set search_path = pg_catalog as $$
declare s access.session; t timestamptz := access.now(); w record; person public.person; c integer[];
begin
    select * into s from access.session
    where token = sha256(convert_to(cookie, 'UTF8')) and ended_at is null and t < until and t < seen_at + idle;
    if s.id is not null then
        select * into person from public.person where id = s.person and active;
    end if;
    if s.id is null or person.id is null then
        perform set_config('app.p', '{}', true), set_config('app.me', '{}', true), set_config('app.lvl', '-1', true),
                set_config('app.comps', '{}', true), set_config('app.person', '', true), set_config('app.session', '', true),
                set_config('app.sig', '', true);
        return false;
    end if;
    select * into w from access.principals(s.person, s.posting, t);
    c := array(select compartment_id::integer from public.compartment_holder
               where compartment_holder.person = s.person and starts_at <= t and t < ends_at order by 1);
    perform set_config('app.p', w.p::text, true), set_config('app.me', w.me::text, true),
            set_config('app.lvl', least(person.clearance, (select level_cap from access.installation))::text, true),
            set_config('app.comps', c::text, true), set_config('app.person', s.person::text, true),
            set_config('app.session', s.id::text, true);
    perform set_config('app.sig', encode(access.mac(access.claim()), 'hex'), true);
    return true;
end $$;

-- seen_at moves at most once a minute, outside the read path's row locks
create function access.touch(cookie text) returns void language sql security definer set search_path = pg_catalog as $$
    update access.session set seen_at = access.now()
    where token = sha256(convert_to(cookie, 'UTF8')) and ended_at is null and seen_at < access.now() - interval '1 minute'
      and access.now() < until and access.now() < seen_at + idle $$;

create function access.who(out p integer[], out me integer[], out lvl integer, out comps integer[], out person integer,
                           out session bigint)
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    if coalesce(current_setting('app.sig', true) = encode(access.mac(access.claim()), 'hex'), false) then
        p := current_setting('app.p')::integer[]; me := current_setting('app.me')::integer[];
        lvl := current_setting('app.lvl')::integer; comps := current_setting('app.comps')::integer[];
        person := current_setting('app.person')::integer; session := current_setting('app.session')::bigint;
    else
        p := '{}'; me := '{}'; lvl := -1; comps := '{}';
    end if;
end $$;

create function access.actor(out person bigint, out session bigint, out capacity text, out process text)
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare w record := access.who();
begin
    person := w.person; session := w.session; process := session_user;
    select coalesce(po.kind || ':' || po.body_id, '') into capacity
    from access.session s left join public.posting po on po.id = s.posting where s.id = w.session;
end $$;

-- how the bound session stands: for pages (who am I), for re-authentication
create function access.my_session(out id bigint, out person integer, out posting bigint, out factor text,
                                  out proved_at timestamptz, out zone text, out until timestamptz)
    language sql stable security definer set search_path = pg_catalog as $$
    select s.id, s.person, s.posting, s.factor, s.proved_at, s.zone, s.until
    from access.session s where s.id = (access.who()).session $$;
create function access.choose_capacity(chosen bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog as $$
declare w record := access.who();
begin
    if w.session is null then return false; end if;
    if chosen is not null and not exists (select 1 from public.posting where id = chosen and person_id = w.person
        and confirmed_by_id is not null and starts_at <= access.now() and (ends_at is null or access.now() < ends_at)) then
        return false;
    end if;
    update access.session set posting = chosen where id = w.session;
    return true;
end $$;
create function access.end_session() returns void language sql security definer set search_path = pg_catalog as
$$ update access.session set ended_at = access.now() where id = (access.who()).session and ended_at is null $$;

-- opening: the door's alone
create function access.open_session(cookie_digest bytea, who integer, how text, place text, hours integer, idle_minutes integer)
    returns bigint language plpgsql security definer set search_path = pg_catalog as $$
declare new_id bigint := (('x' || encode(substr(sha256(cookie_digest || convert_to(gen_random_uuid()::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint) & 4611686018427387903;
begin
    if not exists (select 1 from public.person where id = who and active and account) then
        raise exception 'no such account' using errcode = 'insufficient_privilege';
    end if;
    insert into access.session (id, token, person, opened_at, seen_at, until, idle, factor, proved_at, zone)
    values (new_id, cookie_digest, who, access.now(), access.now(), access.now() + make_interval(hours => hours),
            make_interval(mins => idle_minutes), how, access.now(), place);
    return new_id;
end $$;
-- the role picker: only in an installation marked demo or scratch
create function access.open_demo_session(cookie_digest bytea, who integer) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    if not exists (select 1 from access.installation where mark in ('demo', 'scratch')) then
        raise exception 'the role picker exists only in a demo' using errcode = 'insufficient_privilege';
    end if;
    return access.open_session(cookie_digest, who, 'none', (select zone from access.installation), 8, 480);
end $$;
create function access.end_sessions_of(who integer) returns integer
    language plpgsql security definer set search_path = pg_catalog as $$
declare n integer;
begin
    update access.session set ended_at = access.now() where person = who and ended_at is null;
    get diagnostics n = row_count;
    return n;
end $$;

revoke all on all functions in schema access from public;
grant execute on function access.now() to {roles};
grant execute on function access.bind(text), access.touch(text), access.who(), access.actor(), access.my_session(),
    access.choose_capacity(bigint), access.end_session() to {web}, {job}, {door};
grant execute on function access.who(), access.actor() to {sweeper}, {sealer}, {report}, {backup};
grant execute on function access.open_session(bytea, integer, text, text, integer, integer), access.end_sessions_of(integer) to {door};
grant execute on function access.open_demo_session(bytea, integer) to {web}, {door}, {job};
