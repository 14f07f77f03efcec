-- The policies. The first condition on acl guides the planner and decides nothing; the one inside counts, and asks who() once
-- per statement (a function scan keeps its answer; a function called in the condition itself would be asked row by row).

-- bind_table: the policies of a table whose rows belong to one matter and inherit its circle. Nobody deletes, no row changes
-- its matter or its identity.
create function access.stays() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) -> tg_argv[0] is distinct from to_jsonb(old) -> tg_argv[0] or to_jsonb(new) -> 'id' is distinct from to_jsonb(old) -> 'id' then
        raise exception 'a row stays with its matter' using errcode = 'check_violation';
    end if;
    return new;
end $$;
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
    execute format('create trigger stays before update on %s for each row when (new.%I is distinct from old.%I) execute function access.stays(%L)',
                   t, matter_column, matter_column, matter_column);
    execute format('grant select, insert, update on %s to {web}, {job}', t);
    execute format('grant select on %s to {backup}', t);
    execute format('grant select, insert, update, delete on %s to {keeper}', t);
end $$;
-- bind_both: a row that names several matters is seen by who sees them all, made by who sees them all and may write on one
create function access.bind_both(t regclass, columns name[], write_act text default 'write') returns void language plpgsql as $$
declare sees text; reads text; writes text;
begin
    select string_agg(format('exists (select 1 from public.matter m where m.id = %I)', c), ' and '),
           string_agg(format('access.may(%I, %L)', c, 'read'), ' and '), string_agg(format('access.may(%I, %L)', c, write_act), ' or ')
    into sees, reads, writes from unnest(columns) c;
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy need_to_know on %s for select to {web}, {job} using (%s)', t, sees);
    execute format('create policy add on %s for insert to {web}, {job} with check (%s and (%s))', t, reads, writes);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select, insert on %s to {web}, {job}', t);
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
-- private_table: rows that belong to one person
create function access.private_table(t regclass, person_column name) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy own on %s for select to {web}, {job} using (%I = (select (access.who()).person))', t, person_column);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select on %s to {web}, {job}, {backup}', t);
    execute format('grant select, insert, update, delete on %s to {keeper}', t);
end $$;

alter table public.matter enable row level security;
alter table public.matter force row level security;
create policy need_to_know on public.matter for select to {web}, {job} using (
        acl && (nullif(current_setting('app.p', true), ''))::integer[]
    and (level >= 0 or id = access.gate())       -- never asked of a row: the planner asks it
    and exists (select 1 from access.who() w
                where matter.acl && w.p and matter.level <= w.lvl and matter.comps <@ w.comps    -- qualified: w has a comps too
                  and case when matter.sure_until > w.t then not matter.deny && w.me else access.exact(matter.id) end));
create policy change on public.matter for update to {web}, {job}
    using ((access.may(id, 'write') or access.may(id, 'close'))) with check (access.may(id, 'write') or access.may(id, 'close'));
create policy keeper on public.matter to {keeper} using (true) with check (true);
create policy backup on public.matter for select to {backup} using (true);
create policy sweep on public.matter for select to {sweeper} using (true);
create policy count on public.matter for select to {report} using (true);
grant select on public.matter to {web}, {job}, {backup};
grant select (id, kind, owner_body_id, status, stages, opened_at, received_on, closed_at, close_kind, next_due, source, urgent, level) on public.matter to {report};
grant select (id, status, next_due, sure_until) on public.matter to {sweeper};
-- the caches, the level, the circles and the identity are not among the columns a session may write
grant update (title, summary, owner_room_id, owner_body_id, status, stages, series, number, urgent, source, source_grade, received_on,
              closed_at, close_kind, next_due, row_version, grams, playbook_version, playbook_sha) on public.matter to {web}, {job};
grant select, insert, update, delete on public.matter to {keeper};
alter table public.matter alter column acl set statistics 1000;

alter table public.matter_work enable row level security;
alter table public.matter_work force row level security;
create policy mine on public.matter_work for select to {web}, {job} using (
        principal = any ((nullif(current_setting('app.p', true), ''))::integer[])
    and exists (select 1 from public.matter m where m.id = matter_id));   -- else a recused reader could count
create policy keeper on public.matter_work to {keeper} using (true) with check (true);
create policy backup on public.matter_work for select to {backup} using (true);
grant select on public.matter_work to {web}, {job}, {backup};
grant select, insert, update, delete on public.matter_work to {keeper};

select access.bind_table('public.matter_subject');
select access.bind_table('public.matter_body');
select access.bind_both('public.matter_link', array['source_id', 'target_id']::name[]);

-- grants, recusals, broken glass: seen with their matter, written by the functions only
select access.bind_table('public.matter_grant');
revoke insert, update on public.matter_grant from {web}, {job};
select access.bind_table('public.recusal');
revoke insert, update on public.recusal from {web}, {job};
select access.bind_table('public.break_glass');
revoke insert, update on public.break_glass from {web}, {job};

select access.open_table('public.body'), access.open_table('public.body_name'), access.open_table('public.body_relation'),
       access.open_table('public.room'), access.open_table('public.room_contact'), access.open_table('public.office'),
       access.open_table('public.office_line_room'), access.open_table('public.office_line_body'),
       access.open_table('public.area'), access.open_table('public.area_body'), access.open_table('public.person'),
       access.open_table('public.posting'), access.open_table('public.skill');
-- identifiers of persons are for the keeper's comparisons
revoke select on public.person from {web}, {job}, {report}, {sweeper}, {sealer};
grant select (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) on public.person
    to {web}, {job}, {report}, {sweeper}, {sealer};

-- kin and former employment: one's own; recusal compares them inside the keeper. A circle is known to who holds it.
select access.private_table('public.kin', 'person_id'), access.private_table('public.former_employment', 'person_id'),
       access.private_table('public.compartment_holder', 'person');
revoke select on public.kin from {web}, {job};
grant select (id, person_id, relation, name, near, declared_at) on public.kin to {web}, {job};
alter table public.compartment enable row level security;
alter table public.compartment force row level security;
create policy held on public.compartment for select to {web}, {job} using (id::integer = any ((select (access.who()).comps)::integer[]));
create policy keeper on public.compartment to {keeper} using (true) with check (true);
create policy backup on public.compartment for select to {backup} using (true);
grant select on public.compartment to {web}, {job}, {backup};

-- ── teams ──────────────────────────────────────────────────────────────────────────────────────────────────────────
-- A case team is seen with its matter; a standing task force by every bound session. Its id is a principal: chosen at random
-- here and never by the session, which could otherwise name a body's id, join "its" team and inherit that body's grants.
create function access.new_team_id() returns integer language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare x integer;
begin
    loop
        x := 1073741824 + (('x' || encode(substr(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint & 1073741823);
        exit when not exists (select 1 from public.team where id = x);
    end loop;
    return x;
end $$;
create function access.team_identity() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if to_regrole(quote_ident(session_user)) in ('{web}'::regrole, '{job}'::regrole) then new.id := access.new_team_id(); end if;
    return new;
end $$;
create trigger identity before insert on public.team for each row execute function access.team_identity();
alter table public.team alter column id set default access.new_team_id();
create trigger stays before update on public.team for each row
    when (new.id <> old.id or new.matter_id is distinct from old.matter_id) execute function access.stays('matter_id');
create trigger stays before update on public.team_member for each row
    when (new.team_id <> old.team_id or new.person_id <> old.person_id) execute function access.stays('team_id');

alter table public.team enable row level security;
alter table public.team force row level security;
create policy need_to_know on public.team for select to {web}, {job} using (
    (select (access.who()).person) is not null
    and (matter_id is null or exists (select 1 from public.matter m where m.id = matter_id)));
create policy add on public.team for insert to {web}, {job} with check (matter_id is not null and access.may(matter_id, 'grant'));
create policy change on public.team for update to {web}, {job} using (matter_id is not null and access.may(matter_id, 'grant'))
    with check (matter_id is not null and access.may(matter_id, 'grant'));
create policy keeper on public.team to {keeper} using (true) with check (true);
create policy backup on public.team for select to {backup} using (true);
grant select, insert, update on public.team to {web}, {job};
grant select on public.team to {backup};
alter table public.team_member enable row level security;
alter table public.team_member force row level security;
create policy need_to_know on public.team_member for select to {web}, {job} using (exists (select 1 from public.team t where t.id = team_id));
create policy add on public.team_member for insert to {web}, {job} with check (
    exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.free_to_join(t.matter_id, person_id)));
create policy change on public.team_member for update to {web}, {job} using (
    exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.may(t.matter_id, 'grant')))
    with check (exists (select 1 from public.team t where t.id = team_id and t.matter_id is not null and access.free_to_join(t.matter_id, person_id)));
create policy keeper on public.team_member to {keeper} using (true) with check (true);
create policy backup on public.team_member for select to {backup} using (true);
grant select, insert, update on public.team_member to {web}, {job};
grant select on public.team_member to {backup};
grant select on access.installation, access.clock_offset to {backup};

revoke all on all functions in schema access from public;
grant execute on function access.granted(bigint, text), access.exact(bigint), access.may(bigint, text), access.open_matter(jsonb, bigint),
    access.give(bigint, integer, text, text[], timestamptz, timestamptz, text, text, integer), access.revoke(bigint, text),
    access.set_level(bigint, smallint, text), access.set_comps(bigint, integer[], text),
    access.break_glass(bigint, text, integer), access.may_judge_glass(bigint), access.judge_break_glass(bigint, text, text), access.pending_break_glass(),
    access.overdue_break_glass(), access.raise_recusal(bigint, integer, text, text), access.may_decide(bigint),
    access.decide_recusal(bigint, text, text), access.pending_recusals(), access.lift_recusal(bigint, text),
    access.propose_holder(bigint, integer, timestamptz, text), access.confirm_holder(bigint), access.end_holder(bigint, text), access.holders(),
    access.who_may_see(bigint), access.new_id(), access.new_team_id(), access.free_to_join(bigint, integer) to {web}, {job};
grant execute on function access.sweep(integer), access.glass_alarms() to {sweeper};
grant execute on function access.sweeper_lag() to {roles};
select access.settle();
