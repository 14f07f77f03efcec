-- One's own choices; the queue of mail, which the person may watch and only functions write; calendar feeds.
select access.desk_table('public.notice_setting', 'person_id'), access.desk_table('public.notice_mute', 'person_id');
select access.private_table('public.mail_out', 'person_id'), access.private_table('public.calendar_feed', 'person_id');

create function access.no_mail_in_a_demo() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.email_on and exists (select 1 from access.installation where mark = 'demo') then
        raise exception 'a demo sends no mail' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger no_mail_in_a_demo before insert or update on public.notice_setting for each row execute function access.no_mail_in_a_demo();

-- ── statutory red ──────────────────────────────────────────────────────────────────────────────────────────────────
create function access.is_red(told text, detail jsonb) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select told = 'clock_alarm' and coalesce((detail->>'level')::integer, 0) >= 2
           and coalesce((select c.statutory or c.on_expiry = 'must_release' from public.clock c where c.id = (detail->>'clock')::bigint), false) $$;
create function access.mute_notice() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- muted is kept and read at once: it stands in the list and alerts nobody
begin
    if new.read_at is null and exists (select 1 from public.notice_mute m where m.person_id = new.person_id and m.kind = new.kind)
       and not access.is_red(new.kind, new.fields) then
        new.read_at := new.at;
    end if;
    return new;
end $$;
create trigger mute before insert on public.notification for each row execute function access.mute_notice();

-- ── the queue of mail ──────────────────────────────────────────────────────────────────────────────────────────────
create function access.mail_time(s public.notice_setting, red boolean, t timestamptz) returns timestamptz
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- red: now. Else a minute on (what comes together goes together), or at 08:30 for the daily digest; then out of quiet hours.
declare z text := coalesce((select timezone from access.installation), 'Asia/Shanghai'); l timestamp; clock time;
begin
    if red then return t; end if;
    l := t at time zone z;
    if s.how = 'daily' then
        l := case when l::time < time '08:30' then l::date + time '08:30' else l::date + 1 + time '08:30' end;
    else
        l := l + interval '1 minute';
    end if;
    clock := l::time;
    if s.quiet_from <> s.quiet_to then
        if s.quiet_from < s.quiet_to and clock >= s.quiet_from and clock < s.quiet_to then l := l::date + s.quiet_to;
        elsif s.quiet_from > s.quiet_to and clock >= s.quiet_from then l := l::date + 1 + s.quiet_to;
        elsif s.quiet_from > s.quiet_to and clock < s.quiet_to then l := l::date + s.quiet_to;
        end if;
    end if;
    return l at time zone z;
end $$;
create function access.queue_mail() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s public.notice_setting; its_red boolean := access.is_red(new.kind, new.fields); waiting bigint;
begin
    select * into s from public.notice_setting where person_id = new.person_id and email_on and email <> '';
    if s.person_id is null or (new.read_at is not null and not its_red) or exists (select 1 from access.installation where mark = 'demo') then return null; end if;
    select o.id into waiting from public.mail_out o where o.person_id = new.person_id and o.state = 'waiting' and o.attempts = 0 and o.red = its_red
        order by o.made_at limit 1 for update skip locked;
    if waiting is not null then
        update public.mail_out set number = number + 1 where id = waiting;
    else
        insert into public.mail_out (id, person_id, red, number, state, attempts, next_try, made_at, last_error)
        values (access.new_id(), new.person_id, its_red, 1, 'waiting', 0, access.mail_time(s, its_red, new.at), new.at, '');
    end if;
    return null;
end $$;
create trigger queue_mail after insert on public.notification for each row execute function access.queue_mail();

create function access.take_mail(at_most integer) returns table (id bigint, address text, language text, red boolean, number integer, stamp timestamptz)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Claims with a lease of five minutes: a killed process's rows come back with the same identity, which is their Message-ID.
-- Who turned mail off since, or has no account any more, gets none.
begin
    update public.mail_out o set state = 'dropped', done_at = access.now() where o.state = 'waiting' and o.next_try <= access.now()
        and not exists (select 1 from public.notice_setting s join public.person p on p.id = s.person_id and p.active and p.account
                        where s.person_id = o.person_id and s.email_on and s.email <> '');
    return query
    with due as (
        select o.id from public.mail_out o where o.state = 'waiting' and o.next_try <= access.now() and not exists (select 1 from access.installation where mark = 'demo')
        order by o.red desc, o.next_try, o.id limit least(at_most, 100) for update skip locked
    ), mine as (
        update public.mail_out o set attempts = o.attempts + 1, next_try = access.now() + interval '5 minutes' from due where o.id = due.id returning o.*
    )
    select m.id, s.email::text, s.language::text, m.red, m.number, clock_timestamp() from mine m join public.notice_setting s on s.person_id = m.person_id;
end $$;
create function access.mailed(m bigint, ok boolean, trouble text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- 1 min, 5 min, 30 min, 2 h, 6 h between tries; the sixth failure is the last
declare x public.mail_out; pauses constant interval[] := array['1 minute', '5 minutes', '30 minutes', '2 hours', '6 hours']::interval[];
begin
    select * into x from public.mail_out where id = m and state = 'waiting' for update;
    if x.id is null then return 'gone'; end if;
    if ok then
        update public.mail_out set state = 'sent', done_at = access.now(), last_error = '' where id = m;
        return 'sent';
    end if;
    update public.mail_out set last_error = left(trouble, 200), state = case when x.attempts >= 6 then 'dead' else 'waiting' end,
           done_at = case when x.attempts >= 6 then access.now() end, next_try = access.now() + coalesce(pauses[greatest(x.attempts, 1)], interval '6 hours') where id = m;
    return case when x.attempts >= 6 then 'dead' else 'waiting' end;
end $$;

-- ── calendar feeds ─────────────────────────────────────────────────────────────────────────────────────────────────
create table access.feed_secret (feed bigint primary key references public.calendar_feed (id), digest bytea not null unique, session bigint not null);
alter table access.feed_secret enable row level security;
alter table access.feed_secret force row level security;
create policy keeper on access.feed_secret to {keeper} using (true) with check (true);
create policy backup on access.feed_secret for select to {backup} using (true);
grant select on access.feed_secret to {backup};
create function access.feed_cookie(d bytea) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select 'feed.' || encode(access.keyed('feed', d), 'hex') $$;
create function access.make_feed(d bytea) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- one's own, with a fresh proof; a new address ends the old one. A year at most.
declare w record := access.who(); f bigint := access.new_id(); s bigint := access.new_id() & 4611686018427387903;
begin
    if w.person is null or length(d) <> 32 then raise exception 'no session' using errcode = 'insufficient_privilege'; end if;
    if not access.fresh() then raise exception 'a fresh proof is needed' using errcode = 'check_violation'; end if;
    perform access.end_feeds(w.person);
    insert into public.calendar_feed (id, person_id, made_at, readings) values (f, w.person, w.t, 0);
    insert into access.session (id, token, person, opened_at, seen_at, until, idle, factor, proved_at, zone)
    values (s, sha256(convert_to(access.feed_cookie(d), 'UTF8')), w.person, w.t, w.t, w.t + interval '366 days', interval '367 days', 'feed', timestamptz '2000-01-01', 'public');
    insert into access.feed_secret (feed, digest, session) values (f, d, s);
    return f;
end $$;
create function access.end_feeds(who integer) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    if who is distinct from (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update access.session set ended_at = access.now() where ended_at is null and id in
        (select x.session from access.feed_secret x join public.calendar_feed f on f.id = x.feed where f.person_id = who and f.revoked_at is null);
    update public.calendar_feed set revoked_at = access.now() where person_id = who and revoked_at is null;
    get diagnostics n = row_count;
    return n;
end $$;
create function access.bind_feed(secret text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- binds to read deadlines; nobody's without a posting in force
declare d bytea := sha256(convert_to(secret, 'UTF8')); f public.calendar_feed;
begin
    perform set_config('app.p', '{}', true), set_config('app.w', '', true), set_config('app.sig', '', true);
    select c.* into f from access.feed_secret x join public.calendar_feed c on c.id = x.feed where x.digest = d and c.revoked_at is null;
    if f.id is null or not access.bind(access.feed_cookie(d)) then return null; end if;
    if (access.who()).p = '{}' then
        perform set_config('app.p', '{}', true), set_config('app.w', '', true), set_config('app.sig', '', true);
        return null;
    end if;
    update public.calendar_feed set last_read_at = access.now(), readings = readings + 1 where id = f.id;
    return f.id;
end $$;
create function access.feed_uid(f bigint, thing bigint) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    -- of a clock or an answer owed that the bound person may read; about everything else nothing
    select case when exists (select 1 from public.clock c where c.id = thing and access.may(c.matter_id, 'read'))
                  or exists (select 1 from public.feedback_duty d where d.id = thing and access.may(d.matter_id, 'read')) then encode(substr(access.keyed('feed-uid', convert_to(f || ':' || thing, 'UTF8')), 1, 16), 'hex') end $$;

select access.settle();
revoke all on function access.end_feeds(integer), access.feed_cookie(bytea) from public;
grant execute on function access.make_feed(bytea), access.end_feeds(integer), access.bind_feed(text), access.feed_uid(bigint, bigint), access.is_red(text, jsonb) to {web};
grant execute on function access.is_red(text, jsonb), access.take_mail(integer), access.mailed(bigint, boolean, text) to {job};
