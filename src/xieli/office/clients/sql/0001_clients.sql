-- Programs act through a session like any person's: the same binding, the same policies. A token only names such a session.

-- ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────────
-- The digest of a token and the session behind it: read by the functions below, by no login role. A restore ends every session,
-- and so every token.
create table access.api_secret (token bigint primary key references public.api_token (id), digest bytea not null unique, session bigint not null);
alter table access.api_secret enable row level security;
alter table access.api_secret force row level security;
create policy keeper on access.api_secret to {keeper} using (true) with check (true);
create policy backup on access.api_secret for select to {backup} using (true);
grant select on access.api_secret to {backup};

-- A demo has no accounts; a token or a calendar address made by one of its people is none: it acts as he does.
create or replace function access.no_account_in_a_demo() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.factor not in ('none', 'token', 'feed') and exists (select 1 from access.installation where mark = 'demo') then
        raise exception 'a demo has no accounts' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
-- whether the bound person heads a body in which another serves
create function access.heads(whom integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.posting a join public.office o on o.id = a.office_id and o.code in ('head', 'town_secretary')
                   join public.posting b on b.body_id = a.body_id and b.person_id = whom
                   where a.person_id = (access.who()).person and a.confirmed_by_id is not null and b.confirmed_by_id is not null
                     and a.starts_at <= access.now() and (a.ends_at is null or access.now() < a.ends_at)
                     and b.starts_at <= access.now() and (b.ends_at is null or access.now() < b.ends_at)) $$;
alter table public.api_token enable row level security;
alter table public.api_token force row level security;
create policy own on public.api_token for select to {web}, {job}
    using (person_id = (select (access.who()).person) or collector_id = (select (access.who()).person)
           or (select access.holds('security_admin')) or (select access.holds('audit_admin')) or access.heads(person_id));
create policy keeper on public.api_token to {keeper} using (true) with check (true);
create policy backup on public.api_token for select to {backup} using (true);
grant select on public.api_token to {web}, {job}, {backup};

create function access.propose_token(who integer, collects integer, label text, scope_list text[], place text, why text, agreed text, until timestamptz) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the security administrator with a fresh proof, never for himself. A person collects his own; a service (a person of the
-- register without an account) is collected by the person responsible, under an agreement. A year at most.
declare w record := access.who(); t bigint := access.new_id(); person public.person;
begin
    if not access.holds('security_admin') or who = w.person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not access.fresh() then raise exception 'a fresh proof is needed' using errcode = 'check_violation'; end if;
    select * into person from public.person where id = who and active;
    if person.id is null or not exists (select 1 from public.person where id = collects and active and account) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if person.account <> (who = collects) then raise exception 'a service is collected by the person responsible' using errcode = 'check_violation'; end if;
    if not person.account and coalesce(agreed, '') = '' then raise exception 'a service acts under an agreement' using errcode = 'check_violation'; end if;
    if until is null or until <= w.t or until > w.t + interval '366 days' then raise exception 'a token lasts a year at most' using errcode = 'check_violation'; end if;
    if coalesce(scope_list, '{}') = '{}' or coalesce(why, '') = '' then raise exception 'a token has scopes and a reason' using errcode = 'check_violation'; end if;
    if place = 'closed' and (select zone from access.installation) <> 'closed' then place := 'government'; end if;
    insert into public.api_token (id, person_id, collector_id, label, scopes, zone, reason, agreement, expires_at, asked_by_id, asked_at)
    values (t, who, collects, label, scope_list, place, why, coalesce(agreed, ''), until, w.person, w.t);
    return t;
end $$;
create function access.confirm_token(t bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the head of a body in which the person serves; where no other person heads it (a head's own, or none yet), by the auditor;
-- never by who asked, receives or is meant
declare w record := access.who(); k public.api_token; has_head boolean;
begin
    select * into k from public.api_token where id = t and confirmed_at is null and revoked_at is null for update;
    select exists (select 1 from public.posting b join public.posting a on a.body_id = b.body_id and a.person_id <> k.person_id join public.office o on o.id = a.office_id
                   where b.person_id = k.person_id and o.code in ('head', 'town_secretary') and a.confirmed_by_id is not null and b.confirmed_by_id is not null
                     and a.starts_at <= w.t and (a.ends_at is null or w.t < a.ends_at) and b.starts_at <= w.t and (b.ends_at is null or w.t < b.ends_at)) into has_head;
    if k.id is null or w.person in (k.person_id, k.collector_id, k.asked_by_id)
       or not (case when has_head then access.heads(k.person_id) else access.holds('audit_admin') end) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.api_token set confirmed_by_id = w.person, confirmed_at = w.t where id = t;
end $$;
-- the cookie of the session behind a token can be computed only here: nobody signs in with it, and a token is no cookie
create function access.client_cookie(d bytea) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select 'client.' || encode(access.keyed('client', d), 'hex') $$;
create function access.collect_token(t bigint, d bytea) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by who receives it, with a fresh proof, once: only the digest is kept
declare w record := access.who(); k public.api_token; s bigint := access.new_id() & 4611686018427387903;
begin
    select * into k from public.api_token where id = t and collector_id = w.person for update;
    if k.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if k.confirmed_at is null or k.collected_at is not null or k.revoked_at is not null or k.expires_at <= w.t then
        raise exception 'already decided' using errcode = 'serialization_failure';
    end if;
    if not access.fresh() then raise exception 'a fresh proof is needed' using errcode = 'check_violation'; end if;
    if length(d) <> 32 then raise exception 'a digest has 32 bytes' using errcode = 'check_violation'; end if;
    insert into access.session (id, token, person, opened_at, seen_at, until, idle, factor, proved_at, zone)
    values (s, sha256(convert_to(access.client_cookie(d), 'UTF8')), k.person_id, w.t, w.t, k.expires_at, k.expires_at - w.t + interval '1 day',
            'token', timestamptz '2000-01-01', k.zone);
    insert into access.api_secret (token, digest, session) values (t, d, s);
    update public.api_token set collected_at = w.t where id = t;
end $$;
create function access.revoke_token(t bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the person, who received it, security or the head; in force with the next statement
declare w record := access.who(); k public.api_token;
begin
    select * into k from public.api_token where id = t for update;
    if k.id is null or not (w.person in (k.person_id, k.collector_id) or access.holds('security_admin') or access.heads(k.person_id)) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if k.revoked_at is not null then return false; end if;
    update public.api_token set revoked_at = w.t, revoked_by_id = w.person where id = t;
    update access.session set ended_at = w.t where id = (select session from access.api_secret where token = t) and ended_at is null;
    return true;
end $$;
create function access.bind_client(secret text, out token bigint, out scopes text[], out zone text, out person integer)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the binding of a program: its token is alive and the session behind it is; nothing is bound otherwise
declare d bytea := sha256(convert_to(secret, 'UTF8')); k public.api_token;
begin
    perform set_config('app.p', '{}', true), set_config('app.w', '', true), set_config('app.sig', '', true);
    select t.* into k from access.api_secret s join public.api_token t on t.id = s.token where s.digest = d and t.revoked_at is null and access.now() < t.expires_at;
    if k.id is null or not access.bind(access.client_cookie(d)) then return; end if;
    token := k.id; scopes := k.scopes; zone := k.zone; person := k.person_id;
end $$;
create function access.touch_client(secret text) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update public.api_token set last_used_at = access.now() where id = (select s.token from access.api_secret s where s.digest = sha256(convert_to(secret, 'UTF8')))
      and revoked_at is null and (last_used_at is null or last_used_at < access.now() - interval '1 minute') $$;

-- ── answers kept for a repeated request: the program's own ─────────────────────────────────────────────────────────
-- whose token the bound session stands behind; null for a person at his screen
create function access.client() returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select token from access.api_secret where session = (access.who()).session $$;
alter table public.api_answer enable row level security;
alter table public.api_answer force row level security;
create policy own on public.api_answer to {web} using (token_id = (select access.client())) with check (token_id = (select access.client()));
create policy keeper on public.api_answer to {keeper} using (true) with check (true);
create policy backup on public.api_answer for select to {backup} using (true);
grant select, insert, update on public.api_answer to {web};
grant select on public.api_answer to {backup};
create function access.forget_answers() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    delete from public.api_answer where at < access.now() - interval '24 hours';
    get diagnostics n = row_count;
    return n;
end $$;

-- A hand-over needs a fresh proof of who sends it. A program cannot prove anything again: its token with this scope was asked for,
-- confirmed and collected by three persons, each with a proof of his own, for just this.
create function access.prove_before_handover() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select 1 from public.api_token k where k.id = access.client() and 'handovers:write' = any (k.scopes)) then perform access.require_fresh(); end if;
    return new;
end $$;
drop trigger prove_first on public.handover;
create trigger prove_first before insert on public.handover for each row execute function access.prove_before_handover();

-- ── webhooks: administrators see them, definers write them ─────────────────────────────────────────────────────────
do $$ declare t text; begin
    foreach t in array array['webhook_host', 'webhook', 'webhook_event', 'webhook_delivery'] loop
        execute format('alter table public.%I enable row level security', t);
        execute format('alter table public.%I force row level security', t);
        execute format('create policy keeper on public.%I to {keeper} using (true) with check (true)', t);
        execute format('create policy backup on public.%I for select to {backup} using (true)', t);
        execute format('grant select on public.%I to {backup}', t);
        if t <> 'webhook_event' then
            execute format('create policy administrators on public.%I for select to {web} using ((select access.holds(''security_admin'')) or (select access.holds(''system_admin'')) or (select access.holds(''audit_admin'')))', t);
            execute format('grant select on public.%I to {web}', t);
        end if;
    end loop;
end $$;
-- the log shows an event's kind and time to administrators; what it was about is not among the columns
create policy administrators on public.webhook_event for select to {web}
    using ((select access.holds('security_admin')) or (select access.holds('system_admin')) or (select access.holds('audit_admin')));
grant select (id, body_id, kind, at) on public.webhook_event to {web};

create function access.allow_host(name text, at_port integer, is_private boolean, remark text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the system administrator with a fresh proof; subscriptions are security's: two persons stand behind every address
declare w record := access.who(); h bigint := access.new_id();
begin
    if not access.holds('system_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not access.fresh() then raise exception 'a fresh proof is needed' using errcode = 'check_violation'; end if;
    if exists (select 1 from public.webhook_host x where x.host = name and x.port = at_port and x.ended_at is null) then raise exception 'the same request is waiting already' using errcode = 'check_violation'; end if;
    insert into public.webhook_host (id, host, port, private, note, allowed_by_id, at) values (h, name, at_port, is_private, coalesce(remark, ''), w.person, w.t);
    return h;
end $$;
create function access.end_host(h bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('system_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.webhook_host set ended_at = access.now() where id = h and ended_at is null;
    return found;
end $$;
create function access.make_webhook(b integer, name text, address text, at_host text, at_port integer, event_kinds text[]) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); h bigint := access.new_id();
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not exists (select 1 from public.body where id = b and valid_to is null) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not exists (select 1 from public.webhook_host x where x.host = at_host and x.port = at_port and x.ended_at is null) then
        raise exception 'that host is not allowed' using errcode = 'check_violation';
    end if;
    insert into public.webhook (id, body_id, label, url, kinds, generation, made_by_id, made_at) values (h, b, name, address, event_kinds, 1, w.person, w.t);
    return h;
end $$;
create function access.change_webhook(h bigint, name text, event_kinds text[]) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.webhook set label = name, kinds = event_kinds where id = h and ended_at is null;
    if not found then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
end $$;
create function access.end_webhook(h bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.webhook set ended_at = access.now() where id = h and ended_at is null;
    if not found then return false; end if;
    update public.webhook_delivery set state = 'dead', last_error = 'ended' where webhook_id = h and state = 'waiting';
    return true;
end $$;
create function access.hook_secret(h bigint, gen integer) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select 'whsec_' || encode(access.keyed('webhook', convert_to(h || ':' || gen, 'UTF8')), 'hex') $$;
create function access.show_hook_secret(h bigint, rotate boolean) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- shown when it is made or rotated, to the security administrator; the old one signs beside the new for a day
declare k public.webhook;
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    select * into k from public.webhook where id = h and ended_at is null for update;
    if k.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if rotate then
        if not access.fresh() and access.client() is null then raise exception 'a fresh proof is needed' using errcode = 'check_violation'; end if;
        update public.webhook set generation = generation + 1, rotated_at = access.now() where id = h;
        return access.hook_secret(h, k.generation + 1);
    end if;
    if k.made_at < access.now() then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;  -- only in the transaction that made it
    return access.hook_secret(h, k.generation);
end $$;
create function access.redeliver(d bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.webhook_delivery x set state = 'waiting', attempts = 0, next_try = access.now(), last_error = ''
    where x.id = d and x.state = 'dead' and exists (select 1 from public.webhook k where k.id = x.webhook_id and k.ended_at is null);
    return found;
end $$;

-- what a notification to a person means for the webhooks of his bodies
create function access.event_kind(told text) returns text language sql immutable as $$
    select case told when 'handover_arrived' then 'handover.arrived' when 'handover_opened' then 'handover.opened' when 'handover_accepted' then 'handover.accepted'
        when 'handover_returned' then 'handover.returned' when 'handover_redirected' then 'handover.redirected' when 'feedback' then 'feedback.given'
        when 'feedback_overdue' then 'feedback.overdue' when 'reminder' then 'reminder.arrived' when 'clock_alarm' then 'clock.alarm'
        when 'approval_waiting' then 'approval.waiting' when 'designated' then 'matter.designated' end $$;
create function access.spread() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- One event per body, kind and subject, if that body subscribed; none about a matter in a compartment or classified secret and above,
-- and none to a recused body: even that something happened would tell.
declare k text := access.event_kind(new.kind); hand bigint; m bigint; b record; e bigint; mm public.matter;
begin
    if k is null or not exists (select 1 from public.webhook h where h.ended_at is null and k = any (h.kinds)) then return null; end if;
    hand := nullif(new.fields->>'handover', '')::bigint;
    m := coalesce(new.matter_id, (select matter_id from public.handover where id = hand));
    select * into mm from public.matter where id = m;
    if mm.id is null or mm.level > 2 or mm.comps <> '{}' then return null; end if;
    for b in select distinct po.body_id as id from public.posting po
             where po.person_id = new.person_id and po.confirmed_by_id is not null and po.starts_at <= new.at and (po.ends_at is null or new.at < po.ends_at)
               and exists (select 1 from public.webhook h where h.body_id = po.body_id and h.ended_at is null and k = any (h.kinds))
               and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = po.body_id and r.state = 'in_force' and r.starts_at <= new.at and new.at < r.ends_at) loop
        e := null;
        insert into public.webhook_event (id, body_id, kind, at, matter_id, handover_id, approval_id, subject_key)
        values (access.new_id(), b.id, k, new.at, m, hand, nullif(new.fields->>'approval', '')::bigint,
                coalesce(new.fields->>'handover', new.fields->>'approval', new.fields->>'clock', new.fields->>'duty', m::text))
        on conflict do nothing returning id into e;
        if e is not null then
            insert into public.webhook_delivery (id, webhook_id, event_id, state, attempts, next_try, last_error)
            select access.new_id(), h.id, e, 'waiting', 0, new.at, '' from public.webhook h where h.body_id = b.id and h.ended_at is null and k = any (h.kinds);
        end if;
    end loop;
    return null;
end $$;
create trigger spread after insert on public.notification for each row execute function access.spread();

create function access.resolve_event(e bigint) returns table (kind text, at timestamptz, matter_id bigint, handover_id bigint, approval_id bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- what an opaque reference stands for: only to who may read the thing now
    select x.kind, x.at, case when access.may(x.matter_id, 'read') then x.matter_id end, x.handover_id, x.approval_id
    from public.webhook_event x cross join access.who() w
    where x.id = e and w.person is not null and (access.may(x.matter_id, 'read')
          or exists (select 1 from public.handover h where h.id = x.handover_id and h.sender_acl && w.p and not access.recused(h.matter_id))) $$;

-- the courier: claims with a lease, so that a killed process's rows come back; the same event keeps its identity
create function access.take_deliveries(at_most integer) returns table (id bigint, url text, host_ok boolean, private boolean, event bigint, kind text, at timestamptz, secrets text[], stamp bigint)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    with due as (
        select d.id from public.webhook_delivery d join public.webhook h on h.id = d.webhook_id and h.ended_at is null
        where d.state = 'waiting' and d.next_try <= access.now() order by d.next_try, d.id limit least(at_most, 100) for update of d skip locked
    ), mine as (
        update public.webhook_delivery d set attempts = d.attempts + 1, next_try = access.now() + interval '2 minutes' from due where d.id = due.id returning d.*
    )
    select m.id, h.url::text, x.id is not null, coalesce(x.private, false), m.event_id, e.kind::text, e.at,
           case when h.rotated_at > access.now() - interval '24 hours' then array[access.hook_secret(h.id, h.generation), access.hook_secret(h.id, h.generation - 1)]
                else array[access.hook_secret(h.id, h.generation)] end, extract(epoch from clock_timestamp())::bigint
    from mine m join public.webhook h on h.id = m.webhook_id join public.webhook_event e on e.id = m.event_id
    left join lateral (select y.id, y.private from public.webhook_host y where y.ended_at is null
                       and lower(regexp_replace(h.url, '^https?://([^/?#]+).*$', '\1')) in (y.host || ':' || y.port, case when y.port = 443 and h.url like 'https:%' then y.host end,
                                                                                           case when y.port = 80 and h.url like 'http:%' then y.host end) limit 1) x on true;
end $$;
create function access.delivered(d bigint, ok boolean, status integer, trouble text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- 30 s, 2 min, 10 min, 30 min, 2 h, 6 h, 12 h between tries; the eighth failure is the last
declare x public.webhook_delivery; pauses constant interval[] := array['30 seconds', '2 minutes', '10 minutes', '30 minutes', '2 hours', '6 hours', '12 hours']::interval[];
begin
    select * into x from public.webhook_delivery where id = d and state = 'waiting' for update;
    if x.id is null then return 'gone'; end if;
    if ok then
        update public.webhook_delivery set state = 'sent', done_at = access.now(), last_status = status, last_error = '' where id = d;
        return 'sent';
    end if;
    update public.webhook_delivery set last_status = status, last_error = left(trouble, 200), state = case when x.attempts >= 8 then 'dead' else 'waiting' end,
           next_try = access.now() + coalesce(pauses[greatest(x.attempts, 1)], interval '12 hours') where id = d;
    return case when x.attempts >= 8 then 'dead' else 'waiting' end;
end $$;

-- the last seal of the ledger: what an outside witness compares; no act, no name
create function access.last_seal() returns table (number bigint, sealed_at timestamptz, tree_size bigint, digest bytea)
    language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select s.number, s.at, s.size, sha256(s.canon) from audit.seal s order by s.number desc limit 1 $$;

revoke all on function access.event_kind(text) from public;
grant execute on function access.event_kind(text) to {keeper};
select access.settle();
revoke all on function access.heads(integer), access.client(), access.client_cookie(bytea), access.hook_secret(bigint, integer) from public;
grant execute on function access.heads(integer), access.client(), access.propose_token(integer, integer, text, text[], text, text, text, timestamptz), access.confirm_token(bigint),
    access.collect_token(bigint, bytea), access.revoke_token(bigint), access.bind_client(text), access.touch_client(text), access.allow_host(text, integer, boolean, text), access.end_host(bigint),
    access.make_webhook(integer, text, text, text, integer, text[]), access.change_webhook(bigint, text, text[]), access.end_webhook(bigint), access.show_hook_secret(bigint, boolean),
    access.redeliver(bigint), access.resolve_event(bigint), access.last_seal() to {web};
grant execute on function access.heads(integer), access.take_deliveries(integer), access.delivered(bigint, boolean, integer, text), access.forget_answers() to {job};
