-- Need-to-know (DESIGN.md §4): the exact question, and the caches that let a list be read without asking it row by row.
-- Grants are the truth. acl = principals of read grants not yet ended; deny = principals of recusals in force; both are sure
-- until sure_until. Past it, or at the epoch (a grant not yet begun is among them), the row asks the exact question.

-- the whole rule, for the bound session, now. Unknown, hidden and forbidden are one answer.
create function access.may(m bigint, act text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    if w.person is null or m is null or act is null then return false; end if;
    return coalesce((
        select mm.level <= w.lvl and mm.comps <@ w.comps
           and (exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (w.p) and 'read' = any (g.acts)
                       and g.starts_at <= w.t and w.t < g.ends_at and (g.revoked_at is null or w.t < g.revoked_at) and g.basis <> '')
                and (act = 'read' or exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (w.p)
                       and act = any (g.acts) and g.starts_at <= w.t and w.t < g.ends_at
                       and (g.revoked_at is null or w.t < g.revoked_at) and g.basis <> ''))
                -- a move of the playbook carries its own pen: who made one in this very transaction writes what it entails
                or (act in ('read', 'write', 'note', 'grant') and access.moved_now(m, act)))
           and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (w.me)
                       and r.state = 'in_force' and r.starts_at <= w.t and w.t < r.ends_at)
        from public.matter mm where mm.id = m), false);
end $$;
-- the same question under the name that says what is looked for
create function access.granted(m bigint, act text) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select access.may(m, act) $$;
-- what the read policy asks of a row whose caches are not sure
create function access.exact(m bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select access.may(m, 'read') $$;

-- ── the caches ─────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.caches(m bigint, t timestamptz, out acl integer[], out deny integer[], out sure_until timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with g as (
        select principal, starts_at, least(ends_at, revoked_at) as stops from public.matter_grant
        where matter_id = m and 'read' = any (acts) and starts_at < least(ends_at, revoked_at) and t < least(ends_at, revoked_at)
    ), r as (select principal, starts_at, ends_at from public.recusal where matter_id = m and state = 'in_force' and t < ends_at)
    select array(select distinct principal from g order by 1),
           array(select distinct principal from r where starts_at <= t order by 1),
           case when exists (select 1 from g where t < starts_at) then timestamptz 'epoch'
                else coalesce((select min(b) from (select stops as b from g union all select starts_at from r union all select ends_at from r) x
                               where t < b), timestamptz '9999-01-01 00:00:00+00') end
$$;
create function access.refresh(m bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c record;
begin
    -- the row lock orders two refreshes of one matter: the second sees the first's grants
    perform 1 from public.matter where id = m for update;
    select * into c from access.caches(m, access.now());
    update public.matter mm set acl = c.acl, deny = c.deny, sure_until = c.sure_until
    where mm.id = m and (mm.acl, mm.deny, mm.sure_until) is distinct from (c.acl, c.deny, c.sure_until);
end $$;
create function access.refresh_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.refresh(old.matter_id);
    if tg_op = 'UPDATE' and new.matter_id <> old.matter_id then perform access.refresh(new.matter_id); end if;
    return null;
end $$;
create function access.refresh_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- What one statement adds is looked at once a matter, not once a row: a ledger opens thousands of them.
declare ms bigint[] := array(select distinct matter_id from added order by 1); t timestamptz := access.now();
begin
    perform 1 from public.matter where id = any (ms) order by id for update;
    update public.matter mm set acl = c.acl, deny = c.deny, sure_until = c.sure_until
    from unnest(ms) x(id) cross join lateral access.caches(x.id, t) c
    where mm.id = x.id and (mm.acl, mm.deny, mm.sure_until) is distinct from (c.acl, c.deny, c.sure_until);
    return null;
end $$;
create trigger refresh after insert on public.matter_grant referencing new table as added
    for each statement execute function access.refresh_added();
create trigger refresh_change after update or delete on public.matter_grant
    for each row execute function access.refresh_trigger();
create trigger refresh after insert on public.recusal referencing new table as added
    for each statement execute function access.refresh_added();
create trigger refresh_change after update or delete on public.recusal
    for each row execute function access.refresh_trigger();

-- the worklist follows the matter: open matters, one row per principal that may read, by due date
create function access.worklist_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare far constant timestamptz := '9999-01-01 00:00:00+00'; was integer[]; is_now integer[];
begin
    was := case when old.status = 'open' then old.acl else '{}' end;
    is_now := case when new.status = 'open' then new.acl else '{}' end;
    if old.next_due is not distinct from new.next_due then
        delete from public.matter_work w where w.matter_id = new.id and w.next_due = coalesce(old.next_due, far)
            and w.principal = any (was) and not w.principal = any (is_now);
        insert into public.matter_work (principal, next_due, matter_id)
            select x, coalesce(new.next_due, far), new.id from unnest(is_now) x where not x = any (was) on conflict do nothing;
    else
        delete from public.matter_work w where w.matter_id = new.id and w.next_due = coalesce(old.next_due, far) and w.principal = any (was);
        insert into public.matter_work (principal, next_due, matter_id)
            select x, coalesce(new.next_due, far), new.id from unnest(is_now) x on conflict do nothing;
    end if;
    return null;
end $$;
create function access.worklist_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into public.matter_work (principal, next_due, matter_id)
        select x, coalesce(a.next_due, timestamptz '9999-01-01 00:00:00+00'), a.id from added a, unnest(a.acl) x where a.status = 'open' on conflict do nothing;
    return null;
end $$;
create trigger worklist_new after insert on public.matter referencing new table as added
    for each statement execute function access.worklist_added();
create trigger worklist after update of acl, status, next_due on public.matter
    for each row execute function access.worklist_trigger();

-- the level the installation is approved for
create function access.level_cap_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.level < 0 or new.level > coalesce((select level_cap from access.installation), 0) then
        raise exception 'this installation is not approved for level %', new.level using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger level_cap before insert or update of level on public.matter
    for each row execute function access.level_cap_trigger();

-- ── sweeping: boundaries that have passed ──────────────────────────────────────────────────────────────────────────
create function access.due_for_sweep(at_most integer) returns setof bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    (select id from public.matter where timestamptz 'epoch' < sure_until and sure_until <= access.now()
     order by sure_until limit at_most)
    union all
    (select id from public.matter m where sure_until = timestamptz 'epoch'
        and not exists (select 1 from public.matter_grant g where g.matter_id = m.id and 'read' = any (g.acts)
                        and access.now() < g.starts_at and g.starts_at < least(g.ends_at, g.revoked_at))
     limit at_most) $$;
create function access.sweep(at_most integer default 500) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Several sweepers may run; a poison row cannot stop them; a missed run loses nothing (the rows still ask exactly).
declare n integer := 0; m bigint;
begin
    for m in select x.id from public.matter x where x.id in (select access.due_for_sweep(at_most)) for update skip locked loop
        begin
            perform access.refresh(m);
            perform access.line(m);
            n := n + 1;
        exception when others then
            raise warning 'matter % was not refreshed: %', m, sqlerrm;
        end;
    end loop;
    -- broken glass that nobody judged within a day: an alarm of the ledger, and with it an event
    if exists (select 1 from access.glass_alarms()) and to_regprocedure('audit.raise_alarm(text, text, text)') is not null then
        execute 'select audit.raise_alarm($1, $2, $3)' using 'glass', '有破窗查看逾二十四小时无人审核', 'glass was broken and nobody judged it within 24 hours';
    end if;
    return n;
end $$;
-- coarse on purpose: it is shown to everyone who reaches the port
create function access.sweeper_lag() returns interval language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when lag < interval '15 seconds' then interval '0' else date_trunc('minute', lag) end
    from (select coalesce(access.now() - min(sure_until), interval '0') as lag from public.matter
          where timestamptz 'epoch' < sure_until and sure_until <= access.now()) x $$;
