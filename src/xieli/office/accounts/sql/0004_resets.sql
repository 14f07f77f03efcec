-- Two things that no administrator does alone: taking a person's second factor away, and opening a closed circle.

-- ── a second factor is reset by two persons ────────────────────────────────────────────────────────────────────────
create table access.factor_reset (
    id           bigint primary key,
    person       integer not null references public.person (id),
    asked_by     integer not null references public.person (id),
    asked_at     timestamptz not null,
    reason       text not null check (length(reason) between 4 and 200),
    expires_at   timestamptz not null,
    decided_by   integer references public.person (id),
    decided_at   timestamptz,
    verdict      text not null default '' check (verdict in ('', 'confirmed', 'refused', 'withdrawn')),
    constraint never_alone check (verdict <> 'confirmed' or (decided_by <> asked_by and decided_by <> person)),
    constraint never_oneself check (asked_by <> person)
);
create unique index one_open_reset on access.factor_reset (person) where verdict = '';
alter table access.factor_reset enable row level security;
alter table access.factor_reset force row level security;
create policy keeper on access.factor_reset to {keeper} using (true) with check (true);
create policy backup on access.factor_reset for select to {backup} using (true);
grant select on access.factor_reset to {backup};

create function access.ask_reset(who integer, why text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the security administrator, never for himself; seventy-two hours, after that it is asked again
declare w record := access.who(); n bigint := access.new_id();
begin
    if not access.holds('security_admin') or who = w.person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if (select mark from access.installation) = 'demo' then raise exception 'a demo has no accounts' using errcode = 'check_violation'; end if;
    if not exists (select 1 from door.credential c join public.person p on p.id = c.person and p.active and p.account where c.person = who and c.disabled_at is null) then
        raise exception 'no such account' using errcode = 'check_violation';
    end if;
    if length(trim(coalesce(why, ''))) < 4 then raise exception 'a reset needs a reason' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    update access.factor_reset set verdict = 'withdrawn', decided_at = w.t where person = who and verdict = '' and expires_at <= w.t;
    insert into access.factor_reset (id, person, asked_by, asked_at, reason, expires_at) values (n, who, w.person, w.t, left(trim(why), 200), w.t + interval '72 hours');
    perform audit.write('factor.reset_asked', jsonb_build_object('of', who::text, 'reset', n::text), '{}', '{}', true);
    return n;
exception when unique_violation then
    raise exception 'the same request is waiting already' using errcode = 'check_violation';
end $$;
-- the head of a body where the person serves, or another administrator; never who asked, never the person
create function access.may_confirm_reset(r access.factor_reset) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(w.person is not null and w.person not in (r.asked_by, r.person) and r.verdict = '' and w.t < r.expires_at
        and (access.holds('security_admin') or access.holds('system_admin') or access.holds('audit_admin')
             or exists (select 1 from public.posting po where po.person_id = r.person and po.confirmed_by_id is not null and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
                        and access.holds('head', po.body_id))), false) from access.who() w $$;
create function access.resets() returns table (id bigint, person integer, asked_by integer, asked_at timestamptz, reason text, expires_at timestamptz, may_confirm boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.id, r.person, r.asked_by, r.asked_at, r.reason, r.expires_at, access.may_confirm_reset(r)
    from access.factor_reset r, access.who() w where r.verdict = '' and w.t < r.expires_at and (r.asked_by = w.person or access.may_confirm_reset(r)) order by r.asked_at $$;
create function access.confirm_reset(n bigint, code_digest bytea) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Everything that opened the account ends: factors, recovery codes, password, sessions. The one-time code is the confirmer's to hand over: who
-- asked never sees it, so neither of the two can sign in as the person unnoticed. The person is told, and so is the ledger.
declare w record := access.who(); r access.factor_reset;
begin
    select * into r from access.factor_reset where id = n for update;
    if r.id is null or not access.may_confirm_reset(r) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(code_digest) <> 32 then raise exception 'a digest has 32 bytes' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    update access.factor_reset set verdict = 'confirmed', decided_by = w.person, decided_at = w.t where id = n;
    delete from door.totp where person = r.person;
    delete from door.passkey where person = r.person;
    delete from door.pending where person = r.person;
    update door.recovery set used_at = w.t where person = r.person and used_at is null;
    update door.one_time set used_at = w.t where person = r.person and used_at is null;
    update door.credential set password = '', failures = 0, next_try = '-infinity' where person = r.person;
    insert into door.one_time (person, code, expires_at) values (r.person, code_digest, w.t + interval '24 hours');
    perform audit.write('factor.reset', jsonb_build_object('of', r.person::text, 'reset', n::text, 'asked_by', r.asked_by::text), '{}', '{}', true);
    perform access.end_sessions_of(r.person);
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at) values (access.new_id(), r.person, null, 'factor_reset', '{}', true, w.t);
    return r.person;
end $$;
create function access.refuse_reset(n bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); r access.factor_reset;
begin
    select * into r from access.factor_reset where id = n for update;
    if r.id is null or not (access.may_confirm_reset(r) or (r.asked_by = w.person and r.verdict = '')) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update access.factor_reset set verdict = case when r.asked_by = w.person then 'withdrawn' else 'refused' end, decided_by = w.person, decided_at = w.t where id = n;
    perform audit.write('factor.reset_refused', jsonb_build_object('of', r.person::text, 'reset', n::text), '{}', '{}', true);
end $$;

-- ── closed circles ─────────────────────────────────────────────────────────────────────────────────────────────────
-- Why a circle is there, who opened it, when it is looked at again, and its end. Names of circles are known to who holds them and to security.
create table access.circle (
    compartment  bigint primary key references public.compartment (id),
    basis        text not null check (length(basis) between 4 and 200),
    opened_by    integer not null references public.person (id),
    opened_at    timestamptz not null,
    review_on    date not null,
    closed_by    integer references public.person (id),
    closed_at    timestamptz,
    close_reason text not null default ''
);
alter table access.circle enable row level security;
alter table access.circle force row level security;
create policy keeper on access.circle to {keeper} using (true) with check (true);
create policy backup on access.circle for select to {backup} using (true);
grant select on access.circle to {backup};
create function access.open_circle(its_code text, its_name text, why text, look_again date) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- An empty circle by the security administrator: it holds nothing and nobody until another person confirms its first holder.
declare w record := access.who(); c bigint; today date := access.day(w.t);
begin
    if not access.holds('security_admin') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if coalesce(its_code, '') !~ '^[a-z0-9-]{2,40}$' or length(trim(coalesce(its_name, ''))) < 2 then raise exception 'a circle needs a code and a name' using errcode = 'check_violation'; end if;
    if length(trim(coalesce(why, ''))) < 4 then raise exception 'a circle needs a basis' using errcode = 'check_violation'; end if;
    if look_again is null or look_again <= today or look_again > today + 366 then raise exception 'a circle is looked at again within a year' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    insert into public.compartment (code, name) values (its_code, left(trim(its_name), 120)) returning id into c;
    insert into access.circle (compartment, basis, opened_by, opened_at, review_on) values (c, left(trim(why), 200), w.person, w.t, look_again);
    perform audit.write('circle.opened', jsonb_build_object('compartment', c::text, 'review_on', look_again::text), '{}', '{}', true);
    return c;
exception when unique_violation then
    raise exception 'that code is taken' using errcode = 'check_violation';
end $$;
create function access.runs_circle(c bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(access.holds('security_admin') or c = any (w.comps), false) from access.who() w $$;
create function access.review_circle(c bigint, look_again date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); today date := access.day(w.t);
begin
    if not access.runs_circle(c) or not exists (select 1 from access.circle where compartment = c and closed_at is null) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if look_again is null or look_again <= today or look_again > today + 366 then raise exception 'a circle is looked at again within a year' using errcode = 'check_violation'; end if;
    update access.circle set review_on = look_again where compartment = c;
    perform audit.write('circle.reviewed', jsonb_build_object('compartment', c::text, 'review_on', look_again::text), '{}', '{}', true);
end $$;
create function access.close_circle(c bigint, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Closed: nobody more is admitted and no further matter drawn in. Who holds it keeps it to its end, so that no matter is left without a reader.
declare w record := access.who();
begin
    if not access.runs_circle(c) or not exists (select 1 from access.circle where compartment = c and closed_at is null) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(trim(coalesce(why, ''))) < 4 then raise exception 'a circle needs a basis' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    update access.circle set closed_by = w.person, closed_at = w.t, close_reason = left(trim(why), 200) where compartment = c;
    update public.compartment_holder set ends_at = w.t + interval '1 microsecond' where compartment_id = c and confirmed_by is null and w.t < ends_at;
    perform audit.write('circle.closed', jsonb_build_object('compartment', c::text), '{}', '{}', true);
end $$;
create function access.circles() returns table (id bigint, code text, name text, basis text, opened_by integer, opened_at timestamptz, review_on date, closed_at timestamptz, close_reason text, mine boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.id, c.code, c.name, coalesce(x.basis, ''), x.opened_by, x.opened_at, x.review_on, x.closed_at, coalesce(x.close_reason, ''), access.runs_circle(c.id)
    from public.compartment c left join access.circle x on x.compartment = c.id
    where access.runs_circle(c.id) or exists (select 1 from access.holders() h where h.compartment_id = c.id) order by x.closed_at nulls first, c.code $$;
-- admission is a grant: a proof before it is proposed and before it is confirmed; nobody more into a closed circle
create function access.before_holder() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' or new.confirmed_by is distinct from old.confirmed_by then
        if exists (select 1 from access.circle where compartment = new.compartment_id and closed_at is not null) then raise exception 'the circle is closed' using errcode = 'check_violation'; end if;
        perform access.require_fresh();
    end if;
    return new;
end $$;
create trigger a_proof before insert or update on public.compartment_holder for each row execute function access.before_holder();
create function access.no_closed_circle() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select 1 from access.circle x where x.closed_at is not null and x.compartment::integer = any (new.comps) and (tg_op = 'INSERT' or not x.compartment::integer = any (old.comps))) then
        raise exception 'the circle is closed' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger no_closed_circle before insert on public.matter for each row when (new.comps <> '{}') execute function access.no_closed_circle();
create trigger no_closed_circle_later before update of comps on public.matter for each row when (new.comps <> '{}' and new.comps is distinct from old.comps) execute function access.no_closed_circle();

select access.settle();
revoke all on function access.may_confirm_reset(access.factor_reset), access.runs_circle(bigint), access.before_holder(), access.no_closed_circle() from public;
grant execute on function access.ask_reset(integer, text), access.resets(), access.confirm_reset(bigint, bytea), access.refuse_reset(bigint),
    access.open_circle(text, text, text, date), access.review_circle(bigint, date), access.close_circle(bigint, text), access.circles() to {web};
