-- The ledger of acts (DESIGN.md §5): who may write, read and seal. Nothing here is ever updated; only personal parts can be erased.
create schema audit;
revoke all on schema audit from public;
grant usage on schema audit to {roles};
grant usage, create on schema audit to {keeper};   -- create: it owns the functions below

create table audit.log (
    one     boolean primary key default true check (one),
    id      uuid not null default gen_random_uuid(),     -- names this ledger in every seal
    made_at timestamptz not null default clock_timestamp()
);
insert into audit.log default values;

-- the closed list of acts, a copy of the registry in engines/ledger (written after every migration)
create table audit.verb (
    name     text primary key,
    fields   jsonb not null,           -- name → {kind, pattern, optional, many}
    personal text[] not null,
    internal boolean not null,         -- written by functions of this database only
    zh       text not null,
    en       text not null
);

create table audit.event (
    id       bigint generated always as identity primary key,   -- order of numbering, not of commit; no login but the sealer's and the backup's sees it
    uuid     uuid not null unique,
    at       timestamptz not null,
    verb     text not null,
    person   bigint,
    session  bigint,
    capacity text not null,
    process  text not null,
    purpose  text,
    matters  bigint[] not null,
    canon    bytea not null,           -- the RFC 8785 bytes that were hashed
    leaf     bytea not null,
    constraint leaf_of_canon check (leaf = sha256(decode('00', 'hex') || canon))
);
create index event_of_person on audit.event (person, at);

-- no foreign key to the matter: its error would tell whether a hidden matter exists
create table audit.event_matter (
    matter bigint not null,
    event  bigint not null references audit.event (id),
    primary key (matter, event)
);

create table audit.personal (
    event uuid not null references audit.event (uuid),
    part  text not null,
    salt  bytea not null check (length(salt) = 32),
    value text not null,
    primary key (event, part)
);

create table audit.erasure (
    id          bigint primary key,
    event       uuid not null references audit.event (uuid),
    part        text not null,
    basis       text not null check (basis <> ''),
    ordered_by  bigint not null,
    ordered_at  timestamptz not null,
    approved_by bigint,
    approved_at timestamptz,
    constraint two_persons check (approved_by is distinct from ordered_by),
    constraint both_or_none check ((approved_by is null) = (approved_at is null))
);
create unique index erasure_once on audit.erasure (event, part);

-- written by the sealer alone
create table audit.leaf (
    index bigint primary key check (index >= 0),
    event bigint not null unique references audit.event (id)
);
create table audit.seal (
    number   bigint primary key check (number >= 1),
    size     bigint not null check (size >= 0),
    at       timestamptz not null,
    canon    bytea not null,
    sig      bytea not null check (length(sig) = 64),
    leaves   bytea not null,           -- the leaf hashes that this seal added
    frontier bytea not null            -- the right edge of the tree: the sealer's whole state
);
create index seal_by_time on audit.seal (at);

create table audit.alarm (
    id        bigint generated always as identity primary key,
    at        timestamptz not null,
    kind      text not null,
    zh        text not null,
    en        text not null,
    closed_at timestamptz,
    closed_by bigint
);
create unique index one_open_alarm on audit.alarm (kind) where closed_at is null;

-- ── nothing is changed, whoever asks ───────────────────────────────────────────────────────────────────────────────
create function audit.keep() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    raise exception '审计记录不能更改或删除 / the ledger of acts cannot be changed (%.%)', tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;
create trigger keep before update or delete on audit.event for each row execute function audit.keep();
create trigger keep_all before truncate on audit.event execute function audit.keep();
create trigger keep before update or delete on audit.event_matter for each row execute function audit.keep();
create trigger keep_all before truncate on audit.event_matter execute function audit.keep();
create trigger keep before update or delete on audit.leaf for each row execute function audit.keep();
create trigger keep_all before truncate on audit.leaf execute function audit.keep();
create trigger keep before update or delete on audit.seal for each row execute function audit.keep();
create trigger keep_all before truncate on audit.seal execute function audit.keep();
create trigger keep before update or delete on audit.log for each row execute function audit.keep();
create trigger keep_all before truncate on audit.log execute function audit.keep();
create trigger keep before update on audit.personal for each row execute function audit.keep();
create trigger keep_all before truncate on audit.personal execute function audit.keep();
create trigger keep before delete on audit.erasure for each row execute function audit.keep();
create trigger keep_all before truncate on audit.erasure execute function audit.keep();
create trigger keep before delete on audit.alarm for each row execute function audit.keep();
create trigger keep_all before truncate on audit.alarm execute function audit.keep();

-- a personal part goes only under an order that a second person approved
create function audit.keep_personal() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    if not exists (select 1 from audit.erasure e where e.event = old.event and e.part = old.part and e.approved_by is not null) then
        raise exception '删除个人信息须有两人批准的决定 / a personal part is erased only under an order approved by a second person'
            using errcode = 'insufficient_privilege';
    end if;
    return old;
end $$;
create trigger keep_personal before delete on audit.personal for each row execute function audit.keep_personal();
-- an order is approved once, an alarm closed once; nothing else about them changes
create function audit.keep_erasure() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    if old.approved_by is not null or (new.id, new.event, new.part, new.basis, new.ordered_by, new.ordered_at)
        is distinct from (old.id, old.event, old.part, old.basis, old.ordered_by, old.ordered_at) then
        raise exception '决定不能更改 / the order cannot be changed' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger keep_erasure before update on audit.erasure for each row execute function audit.keep_erasure();
create function audit.keep_alarm() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    if old.closed_at is not null or (new.id, new.at, new.kind, new.zh, new.en) is distinct from (old.id, old.at, old.kind, old.zh, old.en) then
        raise exception '告警不能更改 / the alarm cannot be changed' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger keep_alarm before update on audit.alarm for each row execute function audit.keep_alarm();

-- ── who reads what ─────────────────────────────────────────────────────────────────────────────────────────────────
alter table audit.log enable row level security;          alter table audit.log force row level security;
alter table audit.verb enable row level security;         alter table audit.verb force row level security;
alter table audit.event enable row level security;        alter table audit.event force row level security;
alter table audit.event_matter enable row level security; alter table audit.event_matter force row level security;
alter table audit.personal enable row level security;     alter table audit.personal force row level security;
alter table audit.erasure enable row level security;      alter table audit.erasure force row level security;
alter table audit.leaf enable row level security;         alter table audit.leaf force row level security;
alter table audit.seal enable row level security;         alter table audit.seal force row level security;
alter table audit.alarm enable row level security;        alter table audit.alarm force row level security;

create policy named on audit.log for select to {roles}, {keeper} using (true);
grant select on audit.log to {sealer}, {backup}, {keeper};
create policy kept on audit.verb to {owner} using (true) with check (true);
create policy known on audit.verb for select to {roles}, {keeper} using (true);
grant select on audit.verb to {roles}, {keeper};

-- an event is read by who may read all its matters; one without a matter by its actor. Identity columns stay out of reach: they count.
create policy circle on audit.event for select to {web}, {job} using (
    (select (access.who()).person) is not null
    and case when matters = '{}'::bigint[] then person = (select (access.who()).person)
        else not exists (select 1 from unnest(matters) x where not exists (select 1 from public.matter m where m.id = x)) end);
grant select (uuid, at, verb, person, session, capacity, process, purpose, matters, canon) on audit.event to {web}, {job};
create policy seal on audit.event for select to {sealer} using (true);
grant select (id, at, leaf) on audit.event to {sealer};            -- it orders hashes; it reads no act
create policy backup on audit.event for select to {backup} using (true);
create policy keeper_reads on audit.event for select to {keeper} using (true);
create policy keeper_adds on audit.event for insert to {keeper} with check (true);
grant select on audit.event to {backup}, {keeper};
grant insert on audit.event to {keeper};

create policy backup on audit.event_matter for select to {backup} using (true);
create policy keeper_reads on audit.event_matter for select to {keeper} using (true);
create policy keeper_adds on audit.event_matter for insert to {keeper} with check (true);
grant select on audit.event_matter to {backup}, {keeper};
grant insert on audit.event_matter to {keeper};

create policy circle on audit.personal for select to {web}, {job} using (exists (select 1 from audit.event e where e.uuid = event));
grant select (event, part, value) on audit.personal to {web}, {job};
create policy backup on audit.personal for select to {backup} using (true);
create policy keeper_all on audit.personal to {keeper} using (true) with check (true);
grant select on audit.personal to {backup};
grant select, insert, delete on audit.personal to {keeper};

create policy keeper_all on audit.erasure to {keeper} using (true) with check (true);
grant select, insert on audit.erasure to {keeper};
grant update (approved_by, approved_at) on audit.erasure to {keeper};
create policy backup on audit.erasure for select to {backup} using (true);
grant select on audit.erasure to {backup};

create policy seal on audit.leaf to {sealer} using (true) with check (true);
create policy read on audit.leaf for select to {backup}, {keeper} using (true);
grant select, insert on audit.leaf to {sealer};
grant select on audit.leaf to {backup}, {keeper};
create policy seal on audit.seal to {sealer} using (true) with check (true);
create policy read on audit.seal for select to {backup}, {keeper} using (true);
grant select, insert on audit.seal to {sealer};
grant select on audit.seal to {backup}, {keeper};

create policy keeper_all on audit.alarm to {keeper} using (true) with check (true);
create policy read on audit.alarm for select to {sealer}, {backup} using (true);
grant select, insert on audit.alarm to {keeper};
grant update (closed_at, closed_by) on audit.alarm to {keeper};
grant select on audit.alarm to {sealer}, {backup};
