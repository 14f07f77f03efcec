-- Plans belong to the body that plans and are seen by its heads, rooms' heads and duty officers; a staffing plan belongs to its
-- matter. A plan is made by the worker, with the authority of who asked as it then is, and adopted by a second person.
select access.open_table('public.body_place'), access.open_table('public.unit_load'), access.open_table('public.body_load_release');

create function access.may_plan(b integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(b = any ((access.who()).p), false) and exists (
        select 1 from unnest(array['head', 'deputy', 'room_head', 'case_duty']) c where access.holds_office((access.who()).person, c, b)) $$;

create function access.plan_table(t regclass) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select, insert, update on %s to {web}, {job}', t);
    execute format('grant select on %s to {backup}', t);
    execute format('grant select, insert, update, delete on %s to {keeper}', t);
end $$;
select access.plan_table('public.plan_run'), access.plan_table('public.plan_version'), access.plan_table('public.drill');
drop function access.plan_table(regclass);

-- a batch lists matters, and not everyone who leads may see each of them: it is its asker's own
create policy known on public.plan_run for select to {web}, {job}
    using (case when task = 'batch' then person_id = (access.who()).person when matter_id is null then access.may_plan(body_id) else exists (select 1 from public.matter m where m.id = matter_id) end);
create policy ask on public.plan_run for insert to {web}, {job}
    with check (case when matter_id is null then access.may_plan(body_id) else access.may(matter_id, 'write') end);
create policy change on public.plan_run for update to {web}, {job}
    using (case when matter_id is null then access.may_plan(body_id) else access.may(matter_id, 'write') end);
create policy known on public.plan_version for select to {web}, {job} using (access.may_plan(body_id));
create policy propose on public.plan_version for insert to {web}, {job} with check (access.may_plan(body_id));
revoke update on public.plan_version from {web}, {job};
create policy known on public.drill for select to {web}, {job} using (access.may_plan(body_id));
create policy start on public.drill for insert to {web}, {job} with check (access.may_plan(body_id) and started_by_id = (access.who()).person);
create policy go_on on public.drill for update to {web}, {job} using (access.may_plan(body_id));

create function access.plan_run_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what was asked is never rewritten; only the worker makes results; a run that ended stays as it ended
declare told text[] := array['state', 'progress', 'result', 'verdict', 'said_zh', 'said_en', 'started_at', 'beat_at', 'cancel_at', 'finished_at'];
begin
    if tg_op = 'INSERT' then
        if new.person_id is distinct from (access.who()).person or new.state <> 'queued' or new.result is not null or new.verdict is not null then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
        new.session := (access.who()).session;
        return new;
    end if;
    if old.state not in ('queued', 'running') or to_jsonb(new) - told <> to_jsonb(old) - told then
        raise exception 'a plan is not rewritten' using errcode = 'check_violation';
    end if;
    if session_user = trim(both '"' from '{web}') and (new.result is distinct from old.result or new.verdict is distinct from old.verdict
            or new.state not in (old.state, 'cancelled') or (new.state = 'cancelled' and old.state <> 'queued' and old.state <> 'cancelled')) then
        -- in a demo or scratch database a story does the worker's part
        if (select mark from access.installation) not in ('demo', 'scratch') then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.plan_run for each row execute function access.plan_run_gate();

create function access.bind_plan(r bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the mandate is the row: a person wrote it in a session of his
declare x public.plan_run;
begin
    select * into x from public.plan_run where id = r and state in ('queued', 'running');
    return x.id is not null and access.bind_for_job(x.person_id, x.session);
end $$;
create function access.plan_beat(r bigint, what jsonb) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a sign of life with the last better plan; says whether somebody asked the run to stop
declare asked boolean;
begin
    update public.plan_run set progress = coalesce(what, progress), beat_at = access.now() where id = r and state = 'running' returning cancel_at is not null into asked;
    return coalesce(asked, true);
end $$;
create function access.plan_drop(r bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- who asked may do it no longer: nothing was planned
begin
    update public.plan_run set state = 'refused', said_zh = '申请人已无权限，未作计划。', said_en = 'Who asked may do it no longer; nothing was planned.', finished_at = access.now()
    where id = r and state in ('queued', 'running');
    return found;
end $$;
create function access.plans_left_over(quiet interval) returns table (run bigint) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- what a killed worker left, or whose job was lost
    select r.id from public.plan_run r where (r.state = 'running' and coalesce(r.beat_at, r.started_at) < access.now() - quiet) or (r.state = 'queued' and r.at < access.now() - quiet) $$;

create function access.plan_version_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- put forward by a person from a finished run of the same body whose verdict is clean; nothing else is ever put forward
declare r public.plan_run;
begin
    select * into r from public.plan_run where id = new.run_id;
    if r.id is null or r.body_id <> new.body_id or r.matter_id is not null or new.proposed_by_id is distinct from (access.who()).person
            or new.state <> 'proposed' or new.adopted_by_id is not null or new.number is not null or new.valid_to is not null then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if r.state <> 'done' or r.verdict is distinct from '[]'::jsonb then raise exception 'the plan has not passed its check' using errcode = 'check_violation'; end if;
    if new.valid_from < access.day(access.now()) then raise exception 'a division does not begin in the past' using errcode = 'check_violation'; end if;
    return new;
end $$;
create trigger gate before insert on public.plan_version for each row execute function access.plan_version_gate();

create function access.adopt_plan(v bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the second person, a head or deputy of the body. The version before it ends the day this one begins; areas follow in the same
-- transaction, so that nothing is ever half in force. Matters stay where they are.
declare x public.plan_version; w record := access.who(); n integer; a integer; k record;
begin
    select * into x from public.plan_version where id = v for update;
    if x.id is null or not access.may_plan(x.body_id) or not (access.holds_office(w.person, 'head', x.body_id) or access.holds_office(w.person, 'deputy', x.body_id)) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if x.state <> 'proposed' then raise exception 'this version is no longer open' using errcode = 'check_violation'; end if;
    if x.proposed_by_id = w.person then raise exception 'two places need two persons' using errcode = 'check_violation'; end if;
    if x.valid_from < access.day(access.now()) then raise exception 'a division does not begin in the past' using errcode = 'check_violation'; end if;
    perform 1 from public.plan_version where body_id = x.body_id and kind = x.kind and state = 'in_force' for update;
    if exists (select 1 from public.plan_version where body_id = x.body_id and kind = x.kind and state = 'in_force' and valid_to is null and valid_from >= x.valid_from) then
        raise exception 'a later version is in force already' using errcode = 'check_violation';
    end if;
    update public.plan_version set valid_to = x.valid_from, state = 'ended' where body_id = x.body_id and kind = x.kind and state = 'in_force' and valid_to is null;
    select coalesce(max(number), 0) + 1 into n from public.plan_version where body_id = x.body_id and kind = x.kind;
    update public.plan_version set state = 'in_force', number = n, adopted_by_id = w.person, adopted_at = access.now() where id = v;
    if x.kind in ('central_units', 'villages') then
        update public.area_body m set valid_to = x.valid_from from public.area z where z.id = m.area_id and z.kind = x.kind and m.valid_to is null
            and (x.kind = 'central_units' or z.lead_body_id in (select (e ->> 'lead')::integer from jsonb_array_elements(x.snapshot -> 'areas') e));
        update public.area z set valid_to = x.valid_from where z.kind = x.kind and z.valid_to is null
            and (x.kind = 'central_units' or z.lead_body_id in (select (e ->> 'lead')::integer from jsonb_array_elements(x.snapshot -> 'areas') e));
        for k in select e from jsonb_array_elements(x.snapshot -> 'areas') e loop
            if exists (select 1 from public.body where id = (k.e ->> 'lead')::integer) then
                insert into public.area (kind, name_zh, name_en, lead_body_id, basis, plan_digest, valid_from)
                values (x.kind, k.e ->> 'name_zh', k.e ->> 'name_en', (k.e ->> 'lead')::integer, left(x.reason, 200), x.sha, x.valid_from) returning id into a;
                insert into public.area_body (area_id, body_id, role, valid_from)
                select a, b.id, 'member', x.valid_from from jsonb_array_elements_text(k.e -> 'members') u join public.body b on b.id::text = u;
            end if;
        end loop;
    end if;
    return n;
end $$;
create function access.withdraw_plan(v bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare x public.plan_version; w record := access.who();
begin
    select * into x from public.plan_version where id = v for update;
    if x.id is null or not access.may_plan(x.body_id) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if x.state <> 'proposed' then raise exception 'this version is no longer open' using errcode = 'check_violation'; end if;
    update public.plan_version set state = 'withdrawn' where id = v;
end $$;

create or replace function access.release_loads() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Weekly: definition: a case 10, a lead 3, any other open matter 1 (0.1 officer-month, ours); officers are postings in
-- supervision and investigation rooms; experience is cases opened in two years; designations in one year. Of each central
-- unit: leads and cases about it in two years. Counts only, and every release is kept.
declare n integer; t timestamptz := access.now(); last timestamptz := (select max(released_at) from public.body_load);
begin
    -- a demo's clock may have been set back behind the world's first release
    if last > t - interval '7 days' and last <= t then return 0; end if;
    insert into public.body_load (body_id, load, officers, designations, experience, released_at)
    select b.id,
           coalesce((select sum(case when m.kind in ('case', 'joint_case') then 10 when m.kind = 'lead' then 3 else 1 end) from public.matter m where m.owner_body_id = b.id and m.status = 'open'), 0),
           greatest((select count(*) from public.posting po left join public.room r on r.id = po.room_id where po.body_id = b.id and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
                     and (r.id is null or r.kind in ('supervision', 'investigation'))), 0),
           (select count(*) from public.competence_basis c where c.body_id = b.id and c.kind = 'designation' and c.recorded_at > t - interval '1 year'),
           coalesce((select jsonb_object_agg(x.sector, x.n) from (select coalesce(nullif(u.sector, ''), 'other') as sector, count(*) as n from public.matter m
                     join public.matter_subject s on s.matter_id = m.id left join public.body u on u.id = s.unit_body_id
                     where m.owner_body_id = b.id and m.kind = 'case' and m.opened_at > t - interval '2 years' group by 1) x), '{}'), t
    from public.body b where b.kind in ('commission', 'working_committee') and b.rank = 'county' and b.valid_to is null
    on conflict (body_id) do update set load = excluded.load, officers = excluded.officers, designations = excluded.designations, experience = excluded.experience, released_at = excluded.released_at;
    get diagnostics n = row_count;
    insert into public.body_load_release (body_id, load, officers, released_at) select l.body_id, l.load, l.officers, l.released_at from public.body_load l where l.released_at = t;
    insert into public.unit_load (body_id, leads, cases, years, released_at)
    select b.id, count(distinct m.id) filter (where m.kind = 'lead'), count(distinct m.id) filter (where m.kind in ('case', 'joint_case')), 2, t
    from public.body b left join public.matter_subject s on s.unit_body_id = b.id left join public.matter m on m.id = s.matter_id and m.opened_at > t - interval '2 years'
    where b.kind = 'central_unit' and b.valid_to is null group by b.id
    on conflict (body_id) do update set leads = excluded.leads, cases = excluded.cases, years = excluded.years, released_at = excluded.released_at;
    return n;
end $$;

create function access.response_hours(t_from timestamptz, t_to timestamptz, out median numeric, out n integer)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- S0-53: hours from sending to acceptance of what the organs of central units handed to county bodies. One figure for all
-- bodies together, none of fewer than five (ours): no matter can be read off it.
begin
    if (access.who()).person is null then raise exception 'no session' using errcode = 'insufficient_privilege'; end if;
    select round((percentile_cont(0.5) within group (order by extract(epoch from h.decided_at - h.sent_at) / 3600))::numeric, 1), count(*) into median, n
    from public.handover h join public.body s on s.id = h.sender_id join public.body r on r.id = h.receiver_id
    where s.kind = 'resident_organ' and r.rank = 'county' and h.state = 'accepted' and h.decided_at is not null and h.sent_at >= t_from and h.sent_at < t_to;
    if n < 5 then median := null; end if;
end $$;

-- staffing: who a code stands for is known to the database, to the body that would lend the person, and to the host once it is approved
create table access.staffing_key (matter_id bigint not null references public.matter on delete cascade, code text not null, person integer not null references public.person on delete cascade,
    primary key (matter_id, code), unique (matter_id, person));
grant select on access.staffing_key to {backup};
create function access.staffing_pool(m bigint, d_from date, d_to date, lenders integer[])
    returns table (code text, body integer, office text, skills text[], days integer, away jsonb, last_loan_to date, codes text[])
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- everyone who could be asked, without a name: skills, days lent this year, absences, and whether the matter excludes him ("recusal",
-- no more is said). Posting rules by kind: cooling-off after serving in the subject's unit, home unit's matters.
declare t timestamptz := access.now(); year_start date := date_trunc('year', access.day(access.now()))::date;
begin
    if not access.may(m, 'grant') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    insert into access.staffing_key (matter_id, code, person)
    select m, 'P-' || left(encode(access.keyed('staffing', convert_to(m || ':' || po.person_id, 'UTF8')), 'hex'), 6), po.person_id
    from public.posting po join public.office o on o.id = po.office_id join public.person p on p.id = po.person_id
    where po.body_id = any (lenders) and po.kind = 'regular' and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
      and p.active and p.account and o.code in ('head', 'deputy', 'room_head', 'handler', 'town_secretary') group by po.person_id
    on conflict do nothing;
    return query
    with pool as (
        select distinct on (k.person) k.code as c, k.person, po.body_id, o.code as office_code from access.staffing_key k
        join public.posting po on po.person_id = k.person and po.kind = 'regular' and po.starts_at <= t and (po.ends_at is null or t < po.ends_at) and po.body_id = any (lenders)
        join public.office o on o.id = po.office_id where k.matter_id = m order by k.person, array_position(array['head', 'deputy', 'room_head', 'town_secretary', 'handler'], o.code::text))
    select pool.c, pool.body_id, pool.office_code::text,
        coalesce((select array_agg(distinct s.code::text) from public.skill s where s.person_id = pool.person), '{}'),
        coalesce((select sum(greatest(0, least(coalesce(po.ends_at::date, d_to), access.day(t)) - greatest(po.starts_at::date, year_start)))::integer from public.posting po
                  where po.person_id = pool.person and po.kind <> 'regular' and coalesce(po.ends_at::date, d_to) > year_start), 0)
        + coalesce((select sum(greatest(0, least(coalesce(tm.ends_at::date, d_to), access.day(t)) - greatest(tm.starts_at::date, year_start)))::integer from public.team_member tm
                  where tm.person_id = pool.person and coalesce(tm.ends_at::date, d_to) > year_start), 0),
        coalesce((select jsonb_agg(jsonb_build_array(x.a, x.b)) from (
            select po.starts_at::date as a, coalesce(po.ends_at::date, d_to) as b from public.posting po where po.person_id = pool.person and po.kind <> 'regular'
               and po.starts_at::date <= d_to and coalesce(po.ends_at::date, d_to) >= d_from
            union select tm.starts_at::date, coalesce(tm.ends_at::date, d_to) from public.team_member tm where tm.person_id = pool.person
               and tm.starts_at::date <= d_to and coalesce(tm.ends_at::date, d_to) >= d_from) x), '[]'),
        (select max(coalesce(po.ends_at, t))::date from public.posting po where po.person_id = pool.person and po.kind in ('borrowing', 'dispatch')),
        (case when access.barred(m, pool.person) then array['recusal'] else '{}'::text[] end)
        || (case when exists (select 1 from public.former_employment f join public.matter_subject s on s.matter_id = m and f.body_id in (s.unit_body_id, (select u.id from public.body u where u.unit_id = s.unit_body_id limit 1))
                              where f.person_id = pool.person) then array['former_employer'] else '{}'::text[] end)
        || (case when exists (select 1 from public.posting po join public.matter_subject s on s.matter_id = m join public.body b on b.id = po.body_id
                              where po.person_id = pool.person and po.kind in ('front_line', 'temporary_post', 'follow_class', 'train_by_work', 'sent_down')
                                and s.unit_body_id in (b.id, b.unit_id) and coalesce(po.ends_at, t) > t - interval '365 days') then array['cooling_off'] else '{}'::text[] end)
        || (case when exists (select 1 from public.posting po join public.matter_subject s on s.matter_id = m join public.body b on b.id in (po.body_id, po.home_body_id)
                              where po.person_id = pool.person and (po.ends_at is null or t < po.ends_at) and s.unit_body_id in (b.id, b.unit_id)) then array['home_unit'] else '{}'::text[] end)
    from pool order by pool.c;
end $$;
create function access.staffing_name(m bigint, c text) returns table (person integer, name text)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the name behind a code: for the leaders of the person's own body, and for the host from the day the posting is approved
declare w record := access.who();
begin
    return query select p.id, p.name::text from access.staffing_key k join public.person p on p.id = k.person
    where k.matter_id = m and k.code = c and (
        exists (select 1 from public.posting po where po.person_id = p.id and po.kind = 'regular' and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at) and access.may_plan(po.body_id))
        or (access.may(m, 'read') and exists (select 1 from public.team_member tm join public.team te on te.id = tm.team_id where te.matter_id = m and tm.person_id = p.id)));
end $$;

create function access.people_sent(b integer[]) returns table (person integer, name text, home integer, starts_at timestamptz, ends_at timestamptz)
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- who of these bodies was sent to a team and until when, never to which: only postings that the body's own leaders approved
begin
    return query select distinct p.id, p.name::text, po.body_id, tm.starts_at, tm.ends_at
    from public.posting po join public.person p on p.id = po.person_id join public.team_member tm on tm.person_id = p.id join public.approval a on a.id = tm.approval_id and a.act = 'home'
    where po.body_id = any (b) and po.kind = 'regular' and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)
      and exists (select 1 from unnest(array[po.body_id, (select parent_id from public.body x where x.id = po.body_id)]) l where access.may_plan(l));
end $$;

select access.settle();
revoke all on function access.people_sent(integer[]), access.may_plan(integer), access.plan_run_gate(), access.bind_plan(bigint), access.plan_beat(bigint, jsonb), access.plan_drop(bigint), access.plans_left_over(interval),
    access.plan_version_gate(), access.adopt_plan(bigint), access.withdraw_plan(bigint), access.response_hours(timestamptz, timestamptz), access.release_loads(),
    access.staffing_pool(bigint, date, date, integer[]), access.staffing_name(bigint, text) from public;
grant execute on function access.people_sent(integer[]), access.may_plan(integer), access.adopt_plan(bigint), access.withdraw_plan(bigint), access.response_hours(timestamptz, timestamptz),
    access.staffing_pool(bigint, date, date, integer[]), access.staffing_name(bigint, text) to {web}, {job};
grant execute on function access.bind_plan(bigint), access.plan_beat(bigint, jsonb), access.plan_drop(bigint), access.plans_left_over(interval) to {job};
grant execute on function access.release_loads() to {sweeper}, {report};
