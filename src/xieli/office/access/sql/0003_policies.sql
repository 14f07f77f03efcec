-- Need-to-know (DESIGN.md §4). Grants are the truth; acl, deny and sure_until on the matter are caches kept by triggers;
-- past sure_until a row asks the grants themselves, so an expiry takes effect at its instant.

-- ── the exact questions ────────────────────────────────────────────────────────────────────────────────────────────
-- a grant that lets the bound session do `act` on matter m now, and no recusal in force against it
create function access.granted(m bigint, act text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare w record := access.who(); t timestamptz := access.now();
begin
    return coalesce(
        exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (w.p) and act = any (g.acts)
                and g.starts_at <= t and t < g.ends_at and (g.revoked_at is null or t < g.revoked_at) and g.basis <> '')
        and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (w.me)
                and r.state = 'in_force' and r.starts_at <= t and t < r.ends_at), false);
end $$;
-- what the read policy asks past sure_until
create function access.exact(m bigint) returns boolean language sql stable security definer set search_path = pg_catalog as
$$ select access.granted(m, 'read') $$;
-- what every write asks: the whole rule
create function access.may(m bigint, act text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog as $$
declare w record := access.who();
begin
    return coalesce((select mm.level <= w.lvl and mm.comps <@ w.comps and access.granted(m, 'read') and access.granted(m, act)
                     from public.matter mm where mm.id = m), false);
end $$;

-- ── the caches ─────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.caches(m bigint, t timestamptz, out acl integer[], out deny integer[], out sure_until timestamptz)
    language sql stable security definer set search_path = pg_catalog as $$
    select
        array(select distinct g.principal from public.matter_grant g
              where g.matter_id = m and 'read' = any (g.acts) and g.starts_at <= t and t < g.ends_at
                and (g.revoked_at is null or t < g.revoked_at) order by 1),
        array(select distinct r.principal from public.recusal r
              where r.matter_id = m and r.state = 'in_force' and r.starts_at <= t and t < r.ends_at order by 1),
        coalesce((select min(b) from (
            select unnest(array[g.starts_at, g.ends_at, g.revoked_at]) as b from public.matter_grant g where g.matter_id = m
            union all
            select unnest(array[r.starts_at, r.ends_at]) from public.recusal r where r.matter_id = m and r.state = 'in_force'
        ) boundaries where b > t), timestamptz '9999-01-01 00:00:00+00')
$$;
create function access.refresh(m bigint) returns void language plpgsql security definer set search_path = pg_catalog as $$
declare c record;
begin
    -- the row lock orders two refreshes of one matter: the second sees the first's grants
    perform 1 from public.matter where id = m for update;
    select * into c from access.caches(m, access.now());
    update public.matter mm set acl = c.acl, deny = c.deny, sure_until = c.sure_until
    where mm.id = m and (mm.acl, mm.deny, mm.sure_until) is distinct from (c.acl, c.deny, c.sure_until);
end $$;
create function access.refresh_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    perform access.refresh(coalesce(new.matter_id, old.matter_id));
    return null;
end $$;
create trigger refresh after insert or update or delete on public.matter_grant
    for each row execute function access.refresh_trigger();
create trigger refresh after insert or update or delete on public.recusal
    for each row execute function access.refresh_trigger();

-- the worklist follows the matter: open matters, one row per principal that may read, by due date
create function access.worklist_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare far constant timestamptz := '9999-01-01 00:00:00+00'; was integer[]; is_now integer[];
begin
    was := case when tg_op = 'UPDATE' and old.status = 'open' then old.acl else '{}' end;
    is_now := case when new.status = 'open' then new.acl else '{}' end;
    if tg_op = 'UPDATE' and old.next_due is not distinct from new.next_due then
        delete from public.matter_work w where w.matter_id = new.id and w.next_due = coalesce(old.next_due, far)
            and w.principal = any (was) and not w.principal = any (is_now);
        insert into public.matter_work (principal, next_due, matter_id)
            select x, coalesce(new.next_due, far), new.id from unnest(is_now) x where not x = any (was) on conflict do nothing;
    else
        if tg_op = 'UPDATE' then
            delete from public.matter_work w where w.matter_id = new.id and w.next_due = coalesce(old.next_due, far)
                and w.principal = any (was);
        end if;
        insert into public.matter_work (principal, next_due, matter_id)
            select x, coalesce(new.next_due, far), new.id from unnest(is_now) x on conflict do nothing;
    end if;
    return null;
end $$;
create trigger worklist after insert or update of acl, status, next_due on public.matter
    for each row execute function access.worklist_trigger();

-- the level the installation is approved for
create function access.level_cap_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    if new.level > coalesce((select level_cap from access.installation), 0) then
        raise exception 'this installation is not approved for level %', new.level using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger level_cap before insert or update of level on public.matter
    for each row execute function access.level_cap_trigger();

-- ── writing the truth ──────────────────────────────────────────────────────────────────────────────────────────────
create function access.new_id() returns bigint language sql volatile security definer set search_path = pg_catalog as $$
    select (('x' || encode(substr(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
            & 2305843009213693951) | 2305843009213693952 $$;

create function access.open_matter(fields jsonb, parent bigint default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
-- A new matter with its first grant (handler, to the opener and, if he names it, his room). The opener must serve in the
-- owning body, or hold `write` on the parent from which this matter is spawned.
declare w record := access.who(); t timestamptz := access.now(); m bigint := access.new_id();
        owner integer := (fields->>'owner_body')::integer; room integer := (fields->>'owner_room')::integer;
begin
    if w.person is null then raise exception 'no session' using errcode = 'insufficient_privilege'; end if;
    if not (owner = any (w.p)) and (parent is null or not access.may(parent, 'write')) then
        raise exception 'a matter is opened for one''s own body' using errcode = 'insufficient_privilege';
    end if;
    if room is not null and not exists (select 1 from public.room r where r.id = room and r.body_id = owner) then
        raise exception 'the room belongs to another body' using errcode = 'check_violation';
    end if;
    if (fields->>'level')::smallint > w.lvl then
        raise exception 'above the opener''s clearance' using errcode = 'insufficient_privilege';
    end if;
    insert into public.matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level,
            status, stages, series, number, urgent, source, source_grade, opened_at, received_on, close_kind, row_version,
            acl, deny, comps, sure_until, grams)
    values (m, fields->>'kind', (fields->>'playbook_version')::integer, fields->>'playbook_sha', fields->>'title',
            coalesce(fields->>'summary', ''), owner, room, coalesce((fields->>'level')::smallint, 0), 'open', '{}',
            coalesce(fields->>'series', ''), coalesce(fields->>'number', ''), coalesce((fields->>'urgent')::boolean, false),
            coalesce(fields->>'source', ''), coalesce(fields->>'source_grade', ''), t, (fields->>'received_on')::date, '', 1,
            '{}', '{}', coalesce((select array_agg(c::integer order by c::integer) from jsonb_array_elements_text(fields->'comps') c), '{}'),
            timestamptz '9999-01-01 00:00:00+00',
            coalesce((select array_agg(g) from jsonb_array_elements_text(fields->'grams') g), '{}'));
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), m, x, 'handler', '{read,write,grant,handover,close,export}', t, timestamptz '9999-01-01 00:00:00+00',
           coalesce(nullif(fields->>'basis', ''), 'opened'), '', w.person, t
    from unnest(array_remove(array[w.person, case when room = any (w.p) then room end], null)) x
    where owner = any (w.p);
    return m;
end $$;

create function access.give(m bigint, to_principal integer, grant_kind text, may_do text[], t_from timestamptz, t_to timestamptz,
                            grant_basis text, why text, approved_by integer default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
-- One more knower. The giver holds `grant` on the matter; nobody gives himself what he lacks; a principal whose recusal
-- is in force or raised receives nothing; no grant outlives twelve months or lacks a basis (security.md §2.1).
declare w record := access.who(); t timestamptz := access.now(); g bigint := access.new_id();
begin
    if w.person is null or not access.may(m, 'grant') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if coalesce(grant_basis, '') = '' then raise exception 'a grant needs a basis' using errcode = 'check_violation'; end if;
    if grant_kind = 'break_glass' then raise exception 'break-glass has its own door' using errcode = 'check_violation'; end if;
    if not may_do <@ '{read,write,grant,approve,handover,close,export,note}'::text[] then
        raise exception 'unknown act' using errcode = 'check_violation';
    end if;
    if to_principal = any (w.me) and not (to_principal = any (array(select principal from public.matter_grant where matter_id = m))) then
        raise exception 'nobody grants himself' using errcode = 'insufficient_privilege';
    end if;
    if exists (select 1 from public.recusal r where r.matter_id = m and r.principal = to_principal
               and r.state in ('in_force', 'raised') and t < r.ends_at) then
        raise exception 'recused' using errcode = 'check_violation', hint = 'recusal first';
    end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, approver, granted_by, recorded_at)
    values (g, m, to_principal, grant_kind, may_do, coalesce(t_from, t),
            least(coalesce(t_to, t + interval '12 months'), t + interval '12 months'), grant_basis, coalesce(why, ''), approved_by, w.person, t);
    return g;
end $$;

create function access.revoke(g bigint, why text) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
declare w record := access.who(); t timestamptz := access.now(); r public.matter_grant;
begin
    select * into r from public.matter_grant where id = g;
    if w.person is null or r.id is null or not (access.may(r.matter_id, 'grant') or r.principal = w.person) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.matter_grant set revoked_at = t, reason = concat_ws(' · ', nullif(reason, ''), why)
    where id = g and revoked_at is null;
end $$;

create function access.break_glass(m bigint, why text, hours integer default 4) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
-- At most four hours, with a reason, never above clearance, never against a recusal; the service opens the review and
-- the second person's confirmation within 24 h. The caller names the matter by its address: not visible ≡ not existing.
declare w record := access.who(); t timestamptz := access.now(); g bigint := access.new_id(); mm public.matter;
begin
    select * into mm from public.matter where id = m;
    if w.person is null or mm.id is null or mm.level > w.lvl or not mm.comps <@ w.comps
       or not (mm.owner_body_id = any (w.p))
       or exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (w.me) and r.state = 'in_force'
                  and r.starts_at <= t and t < r.ends_at) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if length(coalesce(why, '')) < 8 then raise exception 'break-glass needs a reason' using errcode = 'check_violation'; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (g, m, w.person, 'break_glass', '{read}', t, t + make_interval(hours => least(greatest(hours, 1), 4)), 'break_glass', why, w.person, t);
    return g;
end $$;

-- ── recusal ────────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.raise_recusal(m bigint, whom integer, why_ground text, why text) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
-- Anyone who may read the matter may raise one against anyone; one may always recuse oneself, at once and in force.
declare w record := access.who(); t timestamptz := access.now(); r bigint := access.new_id();
begin
    if w.person is null or not (access.may(m, 'read') or whom = w.person) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, raised_by, reason)
    values (r, m, whom, why_ground, false, case when whom = w.person then 'in_force' else 'raised' end, t,
            timestamptz '9999-01-01 00:00:00+00', w.person, coalesce(why, ''));
    return r;
end $$;
create function access.decide_recusal(r bigint, verdict text, why text) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
-- Decided by who may approve on the matter, and never by the one it concerns.
declare w record := access.who(); t timestamptz := access.now(); rr public.recusal;
begin
    select * into rr from public.recusal where id = r;
    if w.person is null or rr.id is null or rr.principal = any (w.me) or not access.may(rr.matter_id, 'approve') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if rr.state <> 'raised' then raise exception 'already decided' using errcode = 'check_violation'; end if;
    if verdict not in ('in_force', 'rejected') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    update public.recusal set state = verdict, decided_by = w.person, decided_at = t, reason = concat_ws(' · ', nullif(reason, ''), why),
           starts_at = t where id = r;
end $$;

-- automatic: the subject, spouse and near kin, a witness; the leadership of the subject's own unit's organ and his line superiors
create function access.compute_recusals(m bigint) returns integer
    language plpgsql security definer set search_path = pg_catalog as $$
declare n integer; t timestamptz := access.now();
begin
    insert into public.recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)
    select access.new_id(), m, x.principal, x.ground, true, 'in_force', t, timestamptz '9999-01-01 00:00:00+00', ''
    from (
        select distinct on (principal) principal, ground from (
            select p.id as principal, case when s.role = 'witness' then 'witness' else 'subject' end as ground, 1 as o
            from public.matter_subject s join public.person p on p.id = s.person_id or (s.id_digest is not null and p.id_digest = s.id_digest)
            where s.matter_id = m
            union all
            select k.person_id, 'kin', 2 from public.matter_subject s join public.kin k on k.near and k.id_digest = s.id_digest
            where s.matter_id = m and s.id_digest is not null and s.role = 'subject'
            union all
            select k.person_id, 'kin', 2 from public.matter_subject s join public.person p on p.id = s.person_id
                join public.kin k on k.near and k.id_digest = p.id_digest
            where s.matter_id = m and p.id_digest is not null and s.role = 'subject'
            union all   -- the other direction: the subject's own declared near kin who work here
            select p2.id, 'kin', 2 from public.matter_subject s join public.kin k on k.person_id = s.person_id and k.near
                join public.person p2 on p2.id_digest = k.id_digest
            where s.matter_id = m and s.role = 'subject'
            union all   -- leadership of the subject's own unit (its organ's head and deputies too, unless cleared)
            select po.person_id, 'own_unit', 3 from public.matter_subject s
                join public.body b on b.id = s.unit_body_id or b.unit_id = s.unit_body_id
                join public.posting po on po.body_id = b.id and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
                join public.office o on o.id = po.office_id and o.code in ('head', 'deputy', 'party_secretary')
            where s.matter_id = m and s.role = 'subject' and s.kind = 'person'
              and (b.id = s.unit_body_id or exists (select 1 from public.matter_body mb where mb.matter_id = m and mb.body_id = b.id))
        ) every_ground order by principal, o
    ) x
    where not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal
                      and (r.automatic or r.state = 'in_force') and t < r.ends_at)
      and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal
                      and r.ground = x.ground and r.state = 'rejected');
    get diagnostics n = row_count;
    return n;
end $$;
create function access.recusal_trigger() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
    perform access.compute_recusals(new.matter_id);
    return null;
end $$;
create trigger recusals after insert or update on public.matter_subject for each row execute function access.recusal_trigger();
create trigger recusals after insert on public.matter_body for each row execute function access.recusal_trigger();

-- whether a person may join a team on the matter: recusal before access
create function access.free_to_join(m bigint, whom integer) returns boolean
    language sql stable security definer set search_path = pg_catalog as $$
    select not exists (select 1 from public.recusal r where r.matter_id = m and r.state in ('in_force', 'raised') and access.now() < r.ends_at
                       and (r.principal = whom or r.principal in (select coalesce(home_body_id, body_id) from public.posting
                            where person_id = whom and starts_at <= access.now() and (ends_at is null or access.now() < ends_at)))) $$;

-- ── sweeping: boundaries that have passed ──────────────────────────────────────────────────────────────────────────
create function access.sweep(at_most integer default 500) returns integer
    language plpgsql security definer set search_path = pg_catalog as $$
-- Several sweepers may run; a poison row cannot stop them; a missed run loses nothing (the rows still ask exactly).
declare n integer := 0; m bigint;
begin
    for m in select id from public.matter where sure_until <= access.now() and sure_until < timestamptz '9999-01-01 00:00:00+00'
             order by sure_until limit at_most for update skip locked loop
        begin
            perform access.refresh(m);
            n := n + 1;
        exception when others then
            raise warning 'matter % was not refreshed: %', m, sqlerrm;
        end;
    end loop;
    return n;
end $$;
create function access.sweeper_lag() returns interval language sql stable security definer set search_path = pg_catalog as $$
    select coalesce(access.now() - min(sure_until), interval '0') from public.matter where sure_until <= access.now() $$;

-- ── the policies ───────────────────────────────────────────────────────────────────────────────────────────────────
-- bind_table: the policies of a table whose rows belong to one matter and inherit its circle. Nobody deletes.
create function access.bind_table(t regclass, matter_column name default 'matter_id', write_act text default 'write') returns void
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy need_to_know on %s for select to {web}, {job} using (exists (select 1 from public.matter m where m.id = %I))', t, matter_column);
    execute format('create policy add on %s for insert to {web}, {job} with check (access.may(%I, %L))', t, matter_column, write_act);
    execute format('create policy change on %s for update to {web}, {job} using (access.may(%I, %L)) with check (access.may(%I, %L))',
                   t, matter_column, write_act, matter_column, write_act);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select, insert, update on %s to {web}, {job}', t);
    execute format('grant select on %s to {backup}', t);
    execute format('grant select, insert, update, delete on %s to {keeper}', t);
end $$;
-- reference tables: every bound session reads, offices of record write through services with their own checks
create function access.open_table(t regclass) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy known_to_all on %s for select to {web}, {job} using ((select (access.who()).person) is not null)', t);
    execute format('create policy service on %s for select to {sweeper}, {report}, {sealer} using (true)', t);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select on %s to {web}, {job}, {sweeper}, {report}, {sealer}, {backup}', t);
    execute format('grant select, insert, update, delete on %s to {keeper}', t);
end $$;

alter table public.matter enable row level security;
alter table public.matter force row level security;
create policy need_to_know on public.matter for select to {web}, {job} using (
        acl && (nullif(current_setting('app.p', true), ''))::integer[]      -- guides the planner, decides nothing
    and acl && (select (access.who()).p)                                    -- decides
    and not deny && (select (access.who()).me)
    and level <= (select (access.who()).lvl)
    and comps <@ (select (access.who()).comps)
    and (sure_until > (select access.now()) or access.exact(id)));
create policy change on public.matter for update to {web}, {job}
    using (access.may(id, 'write') or access.may(id, 'close')) with check (access.may(id, 'write') or access.may(id, 'close'));
create policy keeper on public.matter to {keeper} using (true) with check (true);
create policy backup on public.matter for select to {backup} using (true);
create policy sweep on public.matter for select to {sweeper} using (true);
create policy count on public.matter for select to {report} using (true);
grant select on public.matter to {web}, {job}, {backup};
grant select (id, kind, owner_body_id, status, stages, opened_at, received_on, closed_at, close_kind, next_due, source, urgent, level) on public.matter to {report};
grant select (id, status, next_due, sure_until) on public.matter to {sweeper};
-- the caches are not among the columns a session may write
grant update (title, summary, owner_room_id, owner_body_id, status, stages, series, number, urgent, source, source_grade, received_on,
              closed_at, close_kind, next_due, row_version, grams, playbook_version, playbook_sha) on public.matter to {web}, {job};
grant select, insert, update, delete on public.matter to {keeper};

alter table public.matter_work enable row level security;
alter table public.matter_work force row level security;
create policy mine on public.matter_work for select to {web}, {job} using (
    principal = any ((nullif(current_setting('app.p', true), ''))::integer[]) and principal = any ((select (access.who()).p)::integer[])
    and exists (select 1 from public.matter m where m.id = matter_id));   -- else a recused reader could count
create policy keeper on public.matter_work to {keeper} using (true) with check (true);
grant select on public.matter_work to {web}, {job};
grant select, insert, update, delete on public.matter_work to {keeper};

select access.bind_table('public.matter_subject');
select access.bind_table('public.matter_body');

-- a link is seen by who sees both ends, made by who may write at either
alter table public.matter_link enable row level security;
alter table public.matter_link force row level security;
create policy both_ends on public.matter_link for select to {web}, {job} using (
    exists (select 1 from public.matter m where m.id = source_id) and exists (select 1 from public.matter m where m.id = target_id));
create policy add on public.matter_link for insert to {web}, {job} with check (access.may(source_id, 'write') or access.may(target_id, 'write'));
create policy keeper on public.matter_link to {keeper} using (true) with check (true);
create policy backup on public.matter_link for select to {backup} using (true);
grant select, insert on public.matter_link to {web}, {job};
grant select on public.matter_link to {backup};

-- grants and recusals: seen with their matter; written by the functions above only. A raised recusal is seen by its approver.
select access.bind_table('public.matter_grant');
revoke insert, update on public.matter_grant from {web}, {job};
select access.bind_table('public.recusal');
revoke insert, update on public.recusal from {web}, {job};

select access.open_table('public.body'), access.open_table('public.body_name'), access.open_table('public.body_relation'),
       access.open_table('public.room'), access.open_table('public.room_contact'), access.open_table('public.office'),
       access.open_table('public.office_line_room'), access.open_table('public.office_line_body'),
       access.open_table('public.area'), access.open_table('public.area_body'), access.open_table('public.person'),
       access.open_table('public.posting'), access.open_table('public.skill'), access.open_table('public.compartment');
-- identifiers of persons are for the keeper's comparisons
revoke select on public.person from {web}, {job}, {report}, {sweeper}, {sealer};
grant select (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) on public.person
    to {web}, {job}, {report}, {sweeper}, {sealer};

-- kin and former employment: one's own; recusal compares them inside the keeper
alter table public.kin enable row level security; alter table public.kin force row level security;
create policy own on public.kin for select to {web}, {job} using (person_id = (select (access.who()).person));
create policy keeper on public.kin to {keeper} using (true) with check (true);
create policy backup on public.kin for select to {backup} using (true);
grant select (id, person_id, relation, name, near, declared_at) on public.kin to {web}, {job};
grant select on public.kin to {backup};
alter table public.former_employment enable row level security; alter table public.former_employment force row level security;
create policy own on public.former_employment for select to {web}, {job} using (person_id = (select (access.who()).person));
create policy keeper on public.former_employment to {keeper} using (true) with check (true);
create policy backup on public.former_employment for select to {backup} using (true);
grant select on public.former_employment to {web}, {job}, {backup};
alter table public.compartment_holder enable row level security; alter table public.compartment_holder force row level security;
create policy own on public.compartment_holder for select to {web}, {job} using (person = (select (access.who()).person));
create policy keeper on public.compartment_holder to {keeper} using (true) with check (true);
create policy backup on public.compartment_holder for select to {backup} using (true);
grant select on public.compartment_holder to {web}, {job}, {backup};

-- a team is seen with its matter; a standing task force by every bound session
alter table public.team enable row level security; alter table public.team force row level security;
create policy need_to_know on public.team for select to {web}, {job} using (
    (select (access.who()).person) is not null and (matter_id is null or exists (select 1 from public.matter m where m.id = matter_id)));
create policy add on public.team for insert to {web}, {job} with check (matter_id is not null and access.may(matter_id, 'grant'));
create policy change on public.team for update to {web}, {job} using (matter_id is not null and access.may(matter_id, 'grant'))
    with check (matter_id is not null and access.may(matter_id, 'grant'));
create policy keeper on public.team to {keeper} using (true) with check (true);
create policy backup on public.team for select to {backup} using (true);
grant select, insert, update on public.team to {web}, {job};
grant select on public.team to {backup};
alter table public.team_member enable row level security; alter table public.team_member force row level security;
create policy need_to_know on public.team_member for select to {web}, {job} using (exists (select 1 from public.team t where t.id = team_id));
create policy add on public.team_member for insert to {web}, {job} with check (
    exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.may(t.matter_id, 'grant')
            and access.free_to_join(t.matter_id, person_id)));
create policy change on public.team_member for update to {web}, {job} using (
    exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.may(t.matter_id, 'grant')))
    with check (exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.may(t.matter_id, 'grant')));
create policy keeper on public.team_member to {keeper} using (true) with check (true);
create policy backup on public.team_member for select to {backup} using (true);
grant select, insert, update on public.team_member to {web}, {job};
grant select on public.team_member to {backup};
grant usage on sequence public.principal_id to {web}, {job};

revoke all on all functions in schema access from public;
grant execute on function access.granted(bigint, text), access.exact(bigint), access.may(bigint, text), access.open_matter(jsonb, bigint),
    access.give(bigint, integer, text, text[], timestamptz, timestamptz, text, text, integer), access.revoke(bigint, text),
    access.break_glass(bigint, text, integer), access.raise_recusal(bigint, integer, text, text),
    access.decide_recusal(bigint, text, text), access.new_id(), access.free_to_join(bigint, integer) to {web}, {job};
grant execute on function access.claim() to {keeper};
grant execute on function access.sweep(integer) to {sweeper};
grant execute on function access.sweeper_lag() to {roles};
select access.settle();
