-- A fresh proof of identity before the acts that ASVS 7.5.3 names, asked by the database: whatever screen, interface or raw connection
-- is used, the act is refused with the state XL001 and the caller leads the person through the door and back.
create function access.require_fresh() returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
-- A person's session only: commands of the installer have none, and a queued job was asked for by a proof of its own.
begin
    if to_regrole(quote_ident(session_user)) = '{web}'::regrole and (access.who()).person is not null and not access.fresh() then
        raise exception 'prove your identity first' using errcode = 'XL001';
    end if;
end $$;
create function access.prove_first() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.require_fresh();
    return new;
end $$;
create trigger prove_first before insert on public.break_glass for each row execute function access.prove_first();
create trigger prove_first before insert on public.handover for each row execute function access.prove_first();
-- exports and reveals are known to the database by their event: without the proof it is not written, and so the act fails
create trigger prove_first before insert on audit.event for each row
    when (new.verb in ('register.exported', 'document.issued', 'document.printed', 'match.revealed')) execute function access.prove_first();
-- a measure's approval; a refusal needs no proof, and nothing keeps anybody in custody for want of one
create function access.prove_before_measure() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select 1 from public.approval a where a.id = new.approval_id and a.closed_zone) then perform access.require_fresh(); end if;
    return new;
end $$;
create trigger prove_first before update on public.approval_step for each row
    when (new.decision = 'approved' and old.decision is distinct from new.decision) execute function access.prove_before_measure();
-- a seat in a case team is access; one that a move of the playbook fills was proved with the move's own approval
create function access.prove_before_team() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare m bigint := (select matter_id from public.team where id = new.team_id);
begin
    if m is not null and not access.moved_now(m, 'write') then perform access.require_fresh(); end if;
    return new;
end $$;
create trigger prove_first before insert on public.team_member for each row execute function access.prove_before_team();

-- ── sign-ins under way: kept here and not in a cookie, so that no other process can forge one; each is used once ────────
create table door.pending (
    token      bytea primary key,                    -- sha256 of the browser's cookie
    person     integer references door.credential (person),
    step       text not null check (step in ('password', 'expired', 'code', 'enrolled', 'oidc', 'passkey')),
    data       jsonb not null default '{}',          -- challenge, nonce, PKCE verifier
    expires_at timestamptz not null,
    used_at    timestamptz
);
-- who a person is at an identity provider: identity only, never a right
create table door.identity (
    issuer  text not null check (issuer ~ '^https?://'),
    subject text not null check (length(subject) between 1 and 255),
    person  integer not null references door.credential (person),
    linked_at timestamptz not null,
    linked_by integer,
    primary key (issuer, subject)
);
do $$ declare t text; begin
    foreach t in array array['pending', 'identity'] loop
        execute format('alter table door.%I enable row level security', t);
        execute format('alter table door.%I force row level security', t);
        execute format('create policy door on door.%I to {door} using (true) with check (true)', t);
        execute format('create policy keeper on door.%I to {keeper} using (true) with check (true)', t);
        execute format('create policy backup on door.%I for select to {backup} using (true)', t);
        execute format('grant select, insert, update, delete on door.%I to {door}, {keeper}', t);
        execute format('grant select on door.%I to {backup}', t);
    end loop;
end $$;

-- a demo has faces and no accounts: no credential, no provider, no session but the role picker's
create function access.no_account_in_a_demo() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.factor <> 'none' and exists (select 1 from access.installation where mark = 'demo') then
        raise exception 'a demo has no accounts' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger no_account_in_a_demo before insert on access.session for each row execute function access.no_account_in_a_demo();

create function access.link_identity(who integer, at_issuer text, its_subject text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.holds('security_admin') or who = (access.who()).person then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if (select mark from access.installation) <> 'production' then raise exception 'a demo has no accounts' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    if not exists (select 1 from door.credential where person = who) then raise exception 'no such account' using errcode = 'check_violation'; end if;
    insert into door.identity (issuer, subject, person, linked_at, linked_by) values (at_issuer, its_subject, who, access.now(), (access.who()).person)
    on conflict (issuer, subject) do nothing;
    if not found then raise exception 'this identity is linked already' using errcode = 'check_violation'; end if;
end $$;
-- the door asks whether its caller's session may change factors: his own, alive, freshly proved
create function access.session_of(cookie_digest bytea) returns table (person integer, fresh boolean) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.person, s.proved_at > access.now() - interval '5 minutes' from access.session s join public.person p on p.id = s.person and p.active and p.account
    where s.token = cookie_digest and s.ended_at is null and access.now() < s.until and access.now() < s.seen_at + s.idle $$;
create function access.end_session_of(cookie_digest bytea) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    update access.session set ended_at = access.now() where token = cookie_digest and ended_at is null $$;
revoke all on function access.require_fresh(), access.link_identity(integer, text, text), access.session_of(bytea), access.end_session_of(bytea) from public;
grant execute on function access.require_fresh(), access.link_identity(integer, text, text) to {web};
grant execute on function access.session_of(bytea), access.end_session_of(bytea) to {door};
select access.settle();
