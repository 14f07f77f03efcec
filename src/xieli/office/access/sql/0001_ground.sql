-- The ground under every table: one sequence for principals, one source of time, the installation's marks.
create schema if not exists access;
revoke all on schema public from public;
grant usage on schema public, access to {roles}, {keeper};
grant create on schema access to {keeper};
-- persons, bodies, rooms, areas, offices; teams draw at random above 2^30, so that no session can count them
create sequence if not exists public.principal_id as integer start 1000 maxvalue 1073741823;

-- Definer functions belong to the keeper, which reads through explicit policies; the owner itself, forced, reads no row.
-- Called at the end of every migration that made functions.
create function access.settle() returns void language plpgsql as $$
declare f record;
begin
    for f in select p.oid::regprocedure as sig from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where n.nspname in ('access', 'audit', 'door', 'reporters') and p.prosecdef and p.proowner = current_user::regrole loop
        execute format('revoke all on function %s from public', f.sig);
        execute format('alter function %s owner to {keeper}', f.sig);
    end loop;
    for f in select c.oid::regclass as t from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname in ('access', 'public') and c.relowner = current_user::regrole loop
        execute format('grant select, insert, update, delete on %s to {keeper}', f.t);
    end loop;
    grant usage on all sequences in schema public to {keeper};
end $$;

-- ── the installation: written once at creation ─────────────────────────────────────────────────────────────────────
create table access.installation (
    one          boolean primary key default true check (one),
    mark         text not null check (mark in ('production', 'demo', 'scratch')),
    level_cap    smallint not null default 1 check (level_cap between 0 and 4),
    zone         text not null default 'closed' check (zone in ('public', 'government', 'closed')),
    own_body     integer,
    timezone     text not null default 'Asia/Shanghai',  -- the zone of a legal day; a session's own TimeZone decides nothing
    created_at   timestamptz not null default clock_timestamp()
);
create function access.keep_mark() returns trigger language plpgsql as $$
begin
    if tg_op <> 'UPDATE' then raise exception 'the mark of an installation cannot be removed'; end if;
    if new.mark is distinct from old.mark or new.created_at is distinct from old.created_at then
        raise exception 'the mark of an installation cannot be changed';
    end if;
    return new;
end $$;
create function access.no_offset_at_birth() returns trigger language plpgsql as $$
begin
    if new.mark = 'production' and exists (select 1 from access.clock_offset where by <> interval '0') then
        raise exception 'a production installation begins with its clock unmoved';
    end if;
    return new;
end $$;
create trigger no_offset_at_birth before insert on access.installation for each row execute function access.no_offset_at_birth();
create trigger keep_mark before update or delete on access.installation for each row execute function access.keep_mark();
create trigger keep_mark_truncate before truncate on access.installation execute function access.keep_mark();
grant select on access.installation to {roles};

-- ── time has one source ────────────────────────────────────────────────────────────────────────────────────────────
-- Production: transaction time. Scratch and demo add an offset that only the owner can write (stories run months in seconds).
create table access.clock_offset (one boolean primary key default true check (one), by interval not null default '0');
insert into access.clock_offset values (true, '0');
create function access.no_offset_in_production() returns trigger language plpgsql as $$
begin
    if exists (select 1 from access.installation where mark = 'production') and new."by" <> interval '0' then
        raise exception 'time cannot be moved in a production installation';
    end if;
    return new;
end $$;
create trigger no_offset before insert or update on access.clock_offset
    for each row execute function access.no_offset_in_production();
create function access.now() returns timestamptz language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select pg_catalog.now() + (select by from access.clock_offset) $$;
grant execute on function access.now() to {roles};
create function access.day(t timestamptz) returns date language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select (t at time zone coalesce((select timezone from access.installation), 'Asia/Shanghai'))::date $$;
grant execute on function access.day(timestamptz) to {roles};

-- ── the key that makes a binding believable ────────────────────────────────────────────────────────────────────────
create table access.secret (one boolean primary key default true check (one), k bytea not null);
insert into access.secret (k) values (
    sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
-- keyed digests of identity numbers and of files, one key per purpose; rotated never, backed up apart
create function access.keyed(purpose text, value bytea) returns bytea
    language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select sha256((select k from access.secret) || sha256((select k from access.secret) || convert_to(purpose, 'UTF8') || '\x00'::bytea || value)) $$;
revoke all on function access.keyed(text, bytea) from public;
