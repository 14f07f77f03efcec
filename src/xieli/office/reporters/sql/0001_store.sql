-- Who reported: a store of its own. What identifies a person is ciphertext under a key of that report alone; the key is split in two
-- halves, one sealed to every keeper of the body, one to every approver, and once more between the custodians, any two of whom can open
-- it. No login role reads a table here; the functions hand out ciphertext, to whom it concerns, and only after a fresh proof of identity.
-- No column holds an address, a device or a program of anyone.
create schema reporters;
revoke all on schema reporters from public;
grant usage on schema reporters to {web}, {backup}, {sweeper}, {keeper};
grant create on schema reporters to {keeper};

create table reporters.holder (
    id         bigint primary key default access.new_id(),
    person     integer not null references public.person (id),
    body       integer not null references public.body (id),
    side       text not null check (side in ('keeper', 'approver', 'asker')),   -- an asker holds no half: he can only be given both
    public     bytea not null unique check (length(public) = 32),
    sealed     bytea not null,                   -- the private key under the person's passphrase
    salt       bytea not null check (length(salt) = 16),
    made_at    timestamptz not null,
    retired_at timestamptz,
    retired_why text not null default ''
);
create unique index one_live_key on reporters.holder (person, body) where retired_at is null;
create table reporters.custodian (
    public     bytea primary key check (length(public) = 32),
    name       text not null,
    added_at   timestamptz not null,
    ended_at   timestamptz
);
create table reporters.report (
    id          bigint primary key,
    matter      bigint not null references public.matter (id),
    body        integer not null references public.body (id),
    code        text not null unique,            -- what people say to each other instead of a name
    named       boolean not null,
    received_on date not null,
    sealed      bytea,                           -- null once erased
    made_by     integer not null references public.person (id),
    made_at     timestamptz not null,
    erase_basis text not null default '',
    erase_ordered_by integer references public.person (id),
    erase_ordered_at timestamptz,
    erased_by   integer references public.person (id),
    erased_at   timestamptz,
    check (erased_by is distinct from erase_ordered_by or erased_by is null),
    check ((erased_at is null) = (sealed is not null))
);
create index report_of_matter on reporters.report (matter);
create table reporters.half (
    report   bigint not null references reporters.report (id),
    holder   bigint not null references reporters.holder (id),
    one_time bytea not null check (length(one_time) = 32),
    sealed   bytea not null,
    primary key (report, holder)
);
create table reporters.custody (
    report bigint primary key references reporters.report (id),
    shares jsonb not null                        -- one share to each custodian, any two open (server/custodians.py)
);
create table reporters.request (
    id         bigint primary key default access.new_id(),
    report     bigint not null references reporters.report (id),
    holder     bigint not null references reporters.holder (id),
    person     integer not null references public.person (id),
    purpose    text not null check (purpose in ('contact', 'answer', 'protect', 'law', 'extract')),
    reason     text not null check (length(reason) >= 8),
    asked_at   timestamptz not null,
    expires_at timestamptz not null,
    state      text not null default 'waiting' check (state in ('waiting', 'released', 'shown', 'refused', 'withdrawn', 'closed')),
    approver   integer references public.person (id),
    approved_at timestamptz,
    keeper     integer references public.person (id),
    kept_at    timestamptz,
    refusal    text not null default '',
    shown_at   timestamptz,
    outcome    text not null default '',
    closed_at  timestamptz,
    check (approver is null or approver <> person),
    check (keeper is null or (keeper <> person and keeper is distinct from approver))
);
create unique index one_open_request on reporters.request (report, person) where state in ('waiting', 'released', 'shown');
-- halves handed to one asker for one request: gone when shown, refused, withdrawn or out of time
create table reporters.handed (
    request  bigint not null references reporters.request (id),
    side     text not null check (side in ('keeper', 'approver')),
    one_time bytea not null,
    sealed   bytea not null,
    primary key (request, side)
);
create table reporters.extract (
    id         bigint primary key default access.new_id(),
    report     bigint not null references reporters.report (id),
    text       text not null check (length(text) between 1 and 20000),
    warned     text[] not null default '{}',     -- what the guard found and the drafter answered for
    answer     text not null default '',
    drafted_by integer not null references public.person (id),
    drafted_at timestamptz not null,
    state      text not null default 'draft' check (state in ('draft', 'approved', 'returned')),
    decided_by integer references public.person (id),
    decided_at timestamptz,
    remark     text not null default '',
    check (decided_by is distinct from drafted_by or decided_by is null)
);
create table reporters.answer (
    id       bigint primary key default access.new_id(),
    report   bigint not null references reporters.report (id),
    duty     bigint references public.feedback_duty (id),
    how      text not null check (how in ('talk', 'call', 'letter', 'other')),
    given_on date not null,
    text     text not null default '',
    given_by integer not null references public.person (id),
    at       timestamptz not null
);
do $$ declare t text; begin
    foreach t in array array['holder', 'custodian', 'report', 'half', 'custody', 'request', 'handed', 'extract', 'answer'] loop
        execute format('alter table reporters.%I enable row level security', t);
        execute format('alter table reporters.%I force row level security', t);
        execute format('create policy keeper on reporters.%I to {keeper} using (true) with check (true)', t);
        execute format('create policy backup on reporters.%I for select to {backup} using (true)', t);
        execute format('grant select, insert, update, delete on reporters.%I to {keeper}', t);
        execute format('grant select on reporters.%I to {backup}', t);
    end loop;
end $$;
-- a report stays with its matter and keeps its words; what was decided stays decided
create function reporters.stays() returns trigger language plpgsql as $$
begin
    if (new.id, new.matter, new.body, new.code, new.named, new.made_by) is distinct from (old.id, old.matter, old.body, old.code, old.named, old.made_by)
       or (new.sealed is distinct from old.sealed and new.erased_at is null) then
        raise exception 'a report is not rewritten' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger stays before update on reporters.report for each row execute function reporters.stays();
create function reporters.never() returns trigger language plpgsql as $$
begin
    raise exception 'the store keeps what was done' using errcode = 'insufficient_privilege';
end $$;
create trigger never before delete on reporters.report for each row execute function reporters.never();
create trigger never before delete on reporters.request for each row execute function reporters.never();
create trigger never before delete on reporters.extract for each row execute function reporters.never();
create trigger never before delete on reporters.answer for each row execute function reporters.never();
create trigger never before delete on reporters.holder for each row execute function reporters.never();
