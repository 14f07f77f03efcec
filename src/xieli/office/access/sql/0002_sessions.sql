-- Sessions and the binding. bind(token) computes the session's principals from postings and teams valid now and writes
-- them into a setting together with a MAC that only a definer can make; policies believe who(), which checks the MAC and
-- that the session still lives: logout, disabling and a change of role take effect on the next statement.
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
    turn        integer not null default 0,            -- moves when the person's postings, teams, circles or rights change
    ended_at    timestamptz
);
create index session_of_person on access.session (person) where ended_at is null;

-- principals valid at t: the person, his bodies, rooms and offices by postings in force, his teams, the areas his bodies
-- lead. Without a confirmed posting in force he is nobody's. `me` is what a recusal may name: himself and every body he
-- serves in or is lent by — never narrowed by the capacity he chose.
create function access.principals(who integer, capacity bigint, t timestamptz)
    returns table (p integer[], me integer[]) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with serving as (
        select po.* from public.posting po
        where po.person_id = who and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
    ), held as (
        select * from serving where confirmed_by_id is not null and (capacity is null or id = capacity or kind = 'regular')
    ), team as (
        select tm.team_id from public.team_member tm join public.team te on te.id = tm.team_id
        where tm.person_id = who and tm.starts_at <= t and (tm.ends_at is null or t < tm.ends_at)
          and te.starts_at <= t and (te.ends_at is null or t < te.ends_at)
    ), area as (
        select a.id from public.area a
        where a.lead_body_id in (select body_id from held)
          and a.valid_from <= access.day(t) and (a.valid_to is null or access.day(t) < a.valid_to)
    )
    select array(select x from (
               select who as x union select body_id from held union select room_id from held union select office_id from held
               union select team_id from team union select id from area) every_one
               where x is not null and exists (select 1 from held) order by 1),
           array(select who union select body_id from serving union select coalesce(home_body_id, body_id) from serving order by 1)
$$;

-- what is signed: the claim, this backend, this transaction, this login. Every part is digits, braces, commas: no ambiguity.
create function access.mac(claim text) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select encode(sha256(k || sha256(k || convert_to('bind;' || claim || ';' || pg_backend_pid() || ';'
                  || extract(epoch from pg_catalog.now()) || ';' || session_user, 'UTF8'))), 'hex') from access.secret $$;

create function access.bind(cookie text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- A binding lives for one transaction and at most five minutes of it (a job: an hour), however long the transaction is held.
declare s access.session; t timestamptz := access.now(); w record; person public.person; c integer[]; claim text;
begin
    perform set_config('app.p', '{}', true), set_config('app.w', '', true), set_config('app.sig', '', true);
    select * into s from access.session
    where token = sha256(convert_to(cookie, 'UTF8')) and ended_at is null and t < until and t < seen_at + idle;
    if s.id is null then return false; end if;
    select * into person from public.person where id = s.person and active;
    if person.id is null then return false; end if;
    select * into w from access.principals(s.person, s.posting, t);
    c := array(select compartment_id::integer from public.compartment_holder h where h.person = s.person
               and h.confirmed_by is not null and h.starts_at <= t and t < h.ends_at order by 1);
    claim := concat_ws(';', w.p::text, w.me::text,
                       least(person.clearance, coalesce((select level_cap from access.installation), 0))::text, c::text,
                       s.person::text, s.id::text, s.turn::text,
                       extract(epoch from clock_timestamp() + case when to_regrole(quote_ident(session_user)) = '{job}'::regrole then interval '1 hour'
                                                                   else interval '5 minutes' end)::bigint::text);
    perform set_config('app.p', w.p::text, true), set_config('app.w', claim, true), set_config('app.sig', access.mac(claim), true);
    return true;
end $$;

-- seen_at moves at most once a minute, outside the read path's row locks
create function access.touch(cookie text) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update access.session set seen_at = access.now()
    where token = sha256(convert_to(cookie, 'UTF8')) and ended_at is null and seen_at < access.now() - interval '1 minute'
      and access.now() < until and access.now() < seen_at + idle $$;

-- EXPLAIN ANALYZE counts the rows that a policy removes, and so tells whether a hidden row meets a guess. The read policy of
-- matters makes the planner ask gate() while it plans, and who() asks it when a statement runs: a session explains nothing.
-- Quoted text is left out of the search unless quoting could be a trick itself (backslashes, dollars, comments).
create function access.gate() returns bigint language plpgsql stable parallel safe as $$
declare q text := pg_catalog.current_query();
begin
    if pg_catalog.strpos(pg_catalog.lower(q), 'explain') > 0 then
        if q !~ '[\\$]|--|/\*' then q := pg_catalog.regexp_replace(q, '"[^"]*"|''[^'']*''', ' ', 'g'); end if;
        if q ~* '(^|;|\*/|[\n\r])\s*explain\M' then
            raise exception 'a session explains no plan' using errcode = 'insufficient_privilege';
        end if;
    end if;
    return 0;
end $$;

-- what the policies believe: the claim, if its MAC holds and its session lives; nothing otherwise. One query: it is asked
-- once by every statement that touches a matter.
create function access.who(out p integer[], out me integer[], out lvl integer, out comps integer[], out person integer,
                           out session bigint, out t timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare claim text := current_setting('app.w', true); c text[]; lives boolean;
begin
    p := '{}'; me := '{}'; lvl := -1; comps := '{}';
    if coalesce(claim, '') <> '' and coalesce(current_setting('app.sig', true), '') <> '' then
        perform access.gate();
        c := string_to_array(claim, ';');
        select pg_catalog.now() + o.by,
               current_setting('app.sig', true) = encode(sha256(k || sha256(k || convert_to('bind;' || claim || ';' || pg_backend_pid()
                   || ';' || extract(epoch from pg_catalog.now()) || ';' || session_user, 'UTF8'))), 'hex')
               and exists (select 1 from access.session s where s.id = case when c[6] ~ '^[0-9]{1,18}$|^[1-4][0-9]{18}$' then c[6]::bigint end
                           and s.ended_at is null and s.turn::text = c[7] and pg_catalog.now() + o.by < s.until
                           and pg_catalog.now() + o.by < s.seen_at + s.idle)
        into t, lives from access.secret cross join access.clock_offset o;
        if coalesce(lives and current_setting('app.p', true) = c[1] and extract(epoch from clock_timestamp()) < c[8]::bigint, false) then
            p := c[1]::integer[]; me := c[2]::integer[]; lvl := c[3]::integer; comps := c[4]::integer[];
            person := c[5]::integer; session := c[6]::bigint;
        end if;
    end if;
end $$;

create function access.actor(out person bigint, out session bigint, out capacity text, out process text)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    person := w.person; session := w.session; process := session_user;
    select coalesce(po.kind || ':' || po.body_id, '') into capacity
    from access.session s left join public.posting po on po.id = s.posting where s.id = w.session;
end $$;

-- how the bound session stands: for pages (who am I), for re-authentication
create function access.my_session(out id bigint, out person integer, out posting bigint, out factor text,
                                  out proved_at timestamptz, out zone text, out until timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.person, s.posting, s.factor, s.proved_at, s.zone, s.until
    from access.session s where s.id = (access.who()).session $$;
create function access.choose_capacity(chosen bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    if w.session is null then return false; end if;
    if chosen is not null and not exists (select 1 from public.posting where id = chosen and person_id = w.person
        and confirmed_by_id is not null and starts_at <= w.t and (ends_at is null or w.t < ends_at)) then
        return false;
    end if;
    update access.session set posting = chosen where id = w.session;
    return true;
end $$;
create function access.end_session() returns void language sql security definer set search_path = pg_catalog, pg_temp as
$$ update access.session set ended_at = access.now() where id = (access.who()).session and ended_at is null $$;

-- opening: the door's alone
create function access.open_session(cookie_digest bytea, who integer, how text, place text, hours integer, idle_minutes integer)
    returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select 1 from access.installation where mark in ('demo', 'scratch')) then
        raise exception 'the role picker exists only in a demo' using errcode = 'insufficient_privilege';
    end if;
    return access.open_session(cookie_digest, who, 'none', (select zone from access.installation), 8, 480);
end $$;
create function access.end_sessions_of(who integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    update access.session set ended_at = access.now() where person = who and ended_at is null;
    get diagnostics n = row_count;
    return n;
end $$;

-- a change of what a person is makes his other live bindings stale; the one who makes the change keeps his own
create function access.turn(who integer) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update access.session set turn = turn + 1 where person = who and ended_at is null and id is distinct from (access.who()).session;
end $$;
create function access.turn_of_person() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not new.active or not new.account then
        perform access.end_sessions_of(new.id);
    elsif new.clearance is distinct from old.clearance then
        perform access.turn(new.id);
    end if;
    return null;
end $$;
create trigger turn after update of active, account, clearance on public.person for each row execute function access.turn_of_person();
create function access.turn_of_member() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op <> 'INSERT' then perform access.turn(old.person_id); end if;
    if tg_op <> 'DELETE' then perform access.turn(new.person_id); end if;
    return null;
end $$;
create trigger turn after insert or update or delete on public.posting for each row execute function access.turn_of_member();
create trigger turn after insert or update or delete on public.team_member for each row execute function access.turn_of_member();
create function access.turn_of_holder() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.turn(coalesce(new.person, old.person));
    return null;
end $$;
create trigger turn after insert or update or delete on public.compartment_holder for each row execute function access.turn_of_holder();

revoke all on all functions in schema access from public;
grant execute on function access.now(), access.day(timestamptz) to {roles};
grant execute on function access.bind(text), access.touch(text), access.my_session(), access.choose_capacity(bigint),
    access.end_session() to {web}, {job}, {door};
grant execute on function access.who(), access.actor(), access.gate() to {roles};
grant execute on function access.gate() to {keeper};
grant execute on function access.open_session(bytea, integer, text, text, integer, integer), access.end_sessions_of(integer) to {door};
grant execute on function access.open_demo_session(bytea, integer) to {web}, {door}, {job};
select access.settle();
