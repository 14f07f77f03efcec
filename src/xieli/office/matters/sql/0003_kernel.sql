-- The kernel's doors. Whatever must not be bypassed by a raw connection is a definer here: moves along the published
-- graph, approvals in order, the hand-over ladder, measures and the custody gate. The rest is services under policies.

-- ── tables bound to a matter ───────────────────────────────────────────────────────────────────────────────────────
select access.bind_table(('public.' || t)::regclass) from unnest(array['form_submission', 'fact', 'outcome', 'task',
    'clock', 'clock_event', 'alarm', 'competence_basis', 'line_notice', 'feedback_duty', 'feedback', 'reminder', 'measure',
    'measure_notice', 'presence', 'presence_entry', 'rights_sheet', 'matter_stage', 'matter_move', 'approval',
    'approval_step', 'snapshot', 'handover']) t;
-- a remark is written by whoever holds the act for it: a leader, an approver, a reviewer, a sender
select access.bind_table('public.note', write_act => 'note');
-- written by functions only
revoke insert, update on public.matter_stage, public.matter_move, public.approval, public.approval_step, public.snapshot,
    public.handover from {web}, {job};
-- append-only
revoke update on public.form_submission, public.clock_event, public.note, public.feedback, public.presence_entry from {web}, {job};
grant update (read_at) on public.feedback to {web}, {job};
revoke update (stages, owner_body_id, status, closed_at, close_kind, playbook_version, playbook_sha) on public.matter from {web}, {job};
select access.open_table('public.playbook_version'), access.open_table('public.playbook_move'),
       access.open_table('public.approval_rule'), access.open_table('public.calendar_revision'), access.open_table('public.delegation');
-- one's own desk
create function access.desk_table(t regclass, person_column name) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    execute format('create policy own on %s to {web}, {job} using (%I = (select (access.who()).person)) with check (%I = (select (access.who()).person))',
                   t, person_column, person_column);
    execute format('create policy keeper on %s to {keeper} using (true) with check (true)', t);
    execute format('create policy backup on %s for select to {backup} using (true)', t);
    execute format('grant select, insert, update, delete on %s to {web}, {job}, {keeper}', t);
    execute format('grant select on %s to {backup}', t);
end $$;
select access.desk_table('public.draft', 'person_id'), access.desk_table('public.notification', 'person_id'),
       access.desk_table('public.saved_view', 'person_id'), access.desk_table('public.import_batch', 'person_id');
revoke insert on public.notification from {web}, {job};
-- a half-filled form of a matter inherits from it like everything else: whoever loses the matter loses the draft with it
create policy with_its_matter on public.draft as restrictive for select to {web}, {job} using (matter_id is null or exists (select 1 from public.matter m where m.id = matter_id));
alter table public.imported_matter enable row level security; alter table public.imported_matter force row level security;
create policy own on public.imported_matter to {web}, {job} using (exists (select 1 from public.import_batch b where b.id = batch_id))
    with check (exists (select 1 from public.import_batch b where b.id = batch_id));
create policy keeper on public.imported_matter to {keeper} using (true) with check (true);
create policy backup on public.imported_matter for select to {backup} using (true);
grant select, insert on public.imported_matter to {web}, {job};
grant select on public.imported_matter to {backup};
-- numbers: written by next_number(); a use is seen with its matter, the series' counter by nobody
alter table public.number_series enable row level security; alter table public.number_series force row level security;
create policy keeper on public.number_series to {keeper} using (true) with check (true);
create policy backup on public.number_series for select to {backup} using (true);
grant select on public.number_series to {backup};
alter table public.number_use enable row level security; alter table public.number_use force row level security;
create policy need_to_know on public.number_use for select to {web}, {job} using (exists (select 1 from public.matter m where m.id = matter_id));
create policy keeper on public.number_use to {keeper} using (true) with check (true);
create policy backup on public.number_use for select to {backup} using (true);
grant select on public.number_use to {web}, {job}, {backup};
-- the report role counts facts, moves, outcomes, clocks; never texts or names
create policy count on public.fact for select to {report} using (true);
grant select (id, matter_id, code, subject_id, number, text, ref, day, unit, happened_on, recorded_at, retracted_at) on public.fact to {report};
create policy count on public.outcome for select to {report} using (true);
grant select (id, matter_id, subject_id, kind, happened_on, recorded_at, retracted_at, amount_fen) on public.outcome to {report};
create policy count on public.matter_move for select to {report} using (true);
grant select (id, matter_id, move, from_stage, to_stages, body_id, at, happened_at) on public.matter_move to {report};
create policy count on public.clock for select to {report} using (true);
grant select (id, matter_id, rule, code, state, statutory, started_at, due_at, alarm_at, stopped_at) on public.clock to {report};
create policy count on public.handover for select to {report} using (true);
grant select (id, matter_id, kind, sender_id, receiver_id, state, sent_at, received_at, opened_at, decided_at) on public.handover to {report};
create policy count on public.measure for select to {report} using (true);
grant select (id, matter_id, subject_id, kind, started_at, recorded_at, ended_at, end_reason, late_record) on public.measure to {report};
create policy count on public.matter_subject for select to {report} using (true);
grant select (id, matter_id, kind, unit_body_id, dual_managed, role) on public.matter_subject to {report};
create policy count on public.feedback_duty for select to {report} using (true);
grant select (id, matter_id, owed_by_id, owed_to_id, first_due, next_due, state, created_at) on public.feedback_duty to {report};
-- the sweeper looks at clocks and duties, nothing else
create policy sweep on public.clock to {sweeper} using (true) with check (true);
grant select, update on public.clock to {sweeper};
create policy sweep on public.clock_event for select to {sweeper} using (true);
grant select on public.clock_event to {sweeper};
create policy sweep on public.feedback_duty for select to {sweeper} using (true);
grant select on public.feedback_duty to {sweeper};

-- the sender follows his parcel without seeing the matter; a recused person does not
-- asked of a matter whose parcels are not his it says yes as well: else the subject could ask whether a number is a lead on him
create function access.recused(m bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(exists (select 1 from public.recusal r where r.matter_id = m and r.state = 'in_force'
        and r.principal = any ((access.who()).me) and r.starts_at <= access.now() and access.now() < r.ends_at), false)
        or not exists (select 1 from public.handover h where h.matter_id = m and h.sender_acl && (access.who()).p) $$;
create policy parcel on public.handover for select to {web}, {job} using (
    sender_acl && (select (access.who()).p) and not access.recused(matter_id));
create policy parcel on public.feedback for select to {web}, {job} using (
    exists (select 1 from public.feedback_duty d where d.id = duty_id));
create policy parcel on public.feedback_duty for select to {web}, {job} using (
    handover_id is not null and exists (select 1 from public.handover h where h.id = handover_id));
create policy parcel on public.reminder for select to {web}, {job} using (
    handover_id is not null and exists (select 1 from public.handover h where h.id = handover_id));
create policy parcel_add on public.reminder for insert to {web}, {job} with check (
    handover_id is not null and exists (select 1 from public.handover h where h.id = handover_id and h.matter_id = reminder.matter_id));

-- ── notifications: made for the holders of a principal who may see the matter ──────────────────────────────────────
create function access.notify(m bigint, principals integer[], what text, detail jsonb default '{}', must boolean default false)
    returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer; t timestamptz := access.now(); w record := access.who();
begin
    if w.person is not null and m is not null and not access.may(m, 'read')
       and not exists (select 1 from public.handover h where h.matter_id = m and h.sender_acl && w.p) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person, m, what, detail, must, t
    from (select p.id as person from public.person p where p.id = any (principals) and p.active
          union
          select po.person_id from public.posting po join public.person p on p.id = po.person_id and p.active
          where (po.body_id = any (principals) or po.room_id = any (principals) or po.office_id = any (principals))
            and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
          union
          select tm.person_id from public.team_member tm where tm.team_id = any (principals)
            and tm.starts_at <= t and (tm.ends_at is null or t < tm.ends_at)) x
    where not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.person and r.state = 'in_force'
                      and r.starts_at <= t and t < r.ends_at)
      and x.person is distinct from w.person;
    get diagnostics n = row_count;
    return n;
end $$;

-- ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.next_number(series_name text, pattern text, m bigint) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- pattern holds {year} and {n}. The counter's row lock makes the series gap-free: a rolled-back use never happened.
declare y integer := extract(year from access.now() at time zone 'Asia/Shanghai'); n integer; txt text;
begin
    if (access.who()).person is null or (m is not null and not access.may(m, 'read')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.number_series as s (series, year, last) values (series_name, y, 1)
    on conflict (series, year) do update set last = s.last + 1 returning last into n;
    txt := replace(replace(pattern, '{year}', y::text), '{n}', n::text);
    insert into public.number_use (id, series, year, number, text, matter_id, state, void_reason, at)
    values (access.new_id(), series_name, y, n, txt, m, 'used', '', access.now());
    return txt;
end $$;

-- whether the bound person made a move on this matter in this transaction; for `grant`, one whose effects open access
create function access.moved_now(m bigint, act text) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.matter_move v join public.matter mm on mm.id = v.matter_id
        where v.matter_id = m and v.person_id = (access.who()).person and v.at = access.now() and v.by_tx = pg_current_xact_id_if_assigned()::text
          and (act <> 'grant' or exists (select 1 from public.playbook_move p where p.code = mm.kind and p.version = mm.playbook_version
               and p.move = v.move and p.grants))) $$;

-- ── moves along the published graph ────────────────────────────────────────────────────────────────────────────────
create function access.custody_expired(m bigint, s bigint default null, at timestamptz default null) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- A custody measure still running whose alarm instant (the earlier reading) has passed (at the instant named, else now): on
-- this matter, or on one of its family (a custody measure is a matter of its own, child of the case), about the same person.
    with family as (
        select m as id union select target_id from public.matter_link where source_id = m and kind = 'child'
        union select source_id from public.matter_link where target_id = m and kind = 'child'
        union select l2.target_id from public.matter_link l1 join public.matter_link l2 on l2.source_id = l1.source_id and l2.kind = 'child'
              where l1.target_id = m and l1.kind = 'child')
    select coalesce(exists (
        select 1 from public.measure x join public.clock c on c.matter_id = x.matter_id and c.on_expiry = 'must_release' and c.state = 'running'
               join public.matter_subject xs on xs.id = x.subject_id
        where x.matter_id in (select id from family) and x.kind in ('liuzhi', 'guanhu', 'compelled_appearance') and x.ended_at is null
          and c.alarm_at <= coalesce(at, access.now())
          and (s is null or x.subject_id = s or exists (select 1 from public.matter_subject ss where ss.id = s
               and (ss.id_digest = xs.id_digest or (ss.id_digest is null and xs.id_digest is null and ss.name = xs.name))))), false) $$;

create function access.make_move(m bigint, move_code text, from_token integer, new_state jsonb, why text, approval bigint,
                                 happened timestamptz, expected_version integer) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- The engine computed the new state; the database believes only what the published graph allows: the step that is left
-- was open, every step that opens is where this move leads, nothing else appears, and the approval it stands on is used up.
declare w record := access.who(); t timestamptz := access.now(); mm public.matter; pm record; mv bigint := access.new_id();
        old_tokens jsonb; token_left jsonb; opened text[]; from_code text; b integer; is_end boolean;
begin
    select * into mm from public.matter where id = m for update;
    if w.person is null or mm.id is null or not access.may(m, 'read') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if mm.row_version <> expected_version then
        raise exception 'someone else moved this matter first' using errcode = 'serialization_failure';
    end if;
    if mm.status <> 'open' then raise exception 'the matter is closed' using errcode = 'check_violation'; end if;
    if new_state->>'playbook' is distinct from mm.kind or (new_state->>'version')::integer is distinct from mm.playbook_version
       or new_state->>'sha256' is distinct from mm.playbook_sha then
        raise exception 'the state belongs to another playbook' using errcode = 'check_violation';
    end if;
    old_tokens := coalesce(mm.state->'tokens', '[]');
    if from_token is not null then
        select x into token_left from jsonb_array_elements(old_tokens) x where (x->>'id')::integer = from_token;
        if token_left is null then raise exception 'that stage is not open' using errcode = 'check_violation'; end if;
        from_code := token_left->>'stage'; b := nullif(token_left->>'body', '')::integer;
    else
        if old_tokens <> '[]' or mm.state ? 'playbook' then raise exception 'the matter has begun already' using errcode = 'check_violation'; end if;
        from_code := '';
    end if;
    opened := array(select distinct x->>'stage' from jsonb_array_elements(new_state->'tokens') x
                    where not exists (select 1 from jsonb_array_elements(old_tokens) o where o->>'id' = x->>'id'));
    if new_state->>'result' is not null then opened := opened || (new_state->>'result'); end if;
    select max(p.approval_act) as approval_act, max(p.needs_act) as needs_act, bool_or(p.closes) as closes, count(*) as n,
           array_agg(p.to_stage::text) as reach, bool_and(p.lawful_exit) as lawful, bool_or(p.investigative) as investigative into pm
    from public.playbook_move p where p.code = mm.kind and p.version = mm.playbook_version and p.move = move_code and p.from_stage = from_code;
    if pm.n = 0 or not opened <@ pm.reach then
        raise exception 'no such move from here' using errcode = 'check_violation', hint = move_code;
    end if;
    is_end := new_state->>'result' is not null;
    if exists (select 1 from jsonb_array_elements(new_state->'tokens') x join jsonb_array_elements(old_tokens) o on o->>'id' = x->>'id'
               where x is distinct from o) then
        raise exception 'an open step cannot be rewritten' using errcode = 'check_violation';
    end if;
    if from_token is not null and exists (select 1 from jsonb_array_elements(new_state->'tokens') x where (x->>'id')::integer = from_token) then
        raise exception 'the step that is left stays open' using errcode = 'check_violation';
    end if;
    if not (access.may(m, 'write') or (pm.needs_act = 'approve' and access.may(m, 'approve'))) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    -- at the limit of custody: on the measure itself only lawful exits; elsewhere in its family nothing that investigates
    if ((mm.kind in ('liuzhi', 'guanhu', 'compelled_appearance') and not pm.lawful) or pm.investigative) and access.custody_expired(m) then
        raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
    end if;
    if coalesce(pm.approval_act, '') <> '' then
        update public.approval a set state = 'used', used_at = t
        where a.id = approval and a.matter_id = m and a.act = pm.approval_act and a.state in ('approved', 'used');
        if not found then
            raise exception 'not approved' using errcode = 'check_violation', hint = pm.approval_act;
        end if;
    end if;
    if happened is not null and happened > t then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    insert into public.matter_move (id, matter_id, move, from_stage, to_stages, person_id, body_id, approval_id, reason, at, happened_at, by_tx)
    values (mv, m, move_code, from_code, opened, w.person, b, approval, coalesce(why, ''), t, coalesce(happened, t), pg_current_xact_id()::text);
    update public.matter_stage s set state = case when s.token = from_token then 'done' else 'cancelled' end, closed_at = t, closed_by = mv
    where s.matter_id = m and s.state = 'open'
      and not exists (select 1 from jsonb_array_elements(new_state->'tokens') x where (x->>'id')::integer = s.token);
    insert into public.matter_stage (id, matter_id, token, stage, body_id, state, opened_at, opened_by)
    select access.new_id(), m, (x->>'id')::integer, x->>'stage', nullif(x->>'body', '')::integer, 'open', t, mv
    from jsonb_array_elements(new_state->'tokens') x
    where not exists (select 1 from jsonb_array_elements(old_tokens) o where o->>'id' = x->>'id');
    update public.matter set state = new_state, row_version = row_version + 1,
           stages = array(select distinct x->>'stage' from jsonb_array_elements(new_state->'tokens') x order by 1),
           status = case when is_end then 'closed' else 'open' end,
           closed_at = case when is_end then t end,
           close_kind = coalesce(new_state->>'result', '')
    where id = m;
    return mv;
end $$;

-- ── approvals ──────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.body_at(start integer, place text) returns integer
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- own: the body itself · next_up: the next commission above it in its line · province, national: by rank upwards ·
-- committee: the party committee of the same rank and division
declare b public.body; up integer := start;
begin
    select * into b from public.body where id = start;
    if place = 'own' then return start; end if;
    if place = 'committee' then
        return (select id from public.body x where x.kind = 'party_committee' and x.rank = b.rank and x.division_code = b.division_code
                and x.valid_to is null order by id limit 1);
    end if;
    for i in 1..8 loop
        select x.parent_id into up from public.body x where x.id = up;
        exit when up is null;
        select * into b from public.body where id = up;
        if b.kind = 'commission' and (place = 'next_up' or b.rank = place) then return up; end if;
    end loop;
    return null;
end $$;

create function access.turn_of(a bigint) returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select s.id from public.approval_step s where s.approval_id = a and s.decision = '' order by s."order" limit 1 $$;

create function access.admit_signer(a bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the signer whose turn it is may read the matter and decide; one who is recused is passed to the next level as a paper step
declare s public.approval_step; ap public.approval; t timestamptz := access.now(); holder integer;
begin
    select * into ap from public.approval where id = a;
    select * into s from public.approval_step where id = access.turn_of(a);
    if s.id is null or s.office_id is null then return; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), ap.matter_id, s.office_id, 'approver', '{read,approve}', t, t + interval '60 days', 'approval', ap.act, ap.requested_by_id, t
    where not exists (select 1 from public.matter_grant g where g.matter_id = ap.matter_id and g.principal = s.office_id
                      and 'approve' = any (g.acts) and g.starts_at <= t and t + interval '7 days' < g.ends_at and g.revoked_at is null);
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), ap.matter_id, d.person_id, 'approver', '{read,approve}', t, least(d.ends_at, t + interval '60 days'), 'delegation', ap.act, ap.requested_by_id, t
    from public.delegation d where d.office_id = s.office_id and s.delegable and d.acts ? ap.act and d.starts_at <= t and t < d.ends_at
      and d.revoked_at is null and not exists (select 1 from public.matter_grant g where g.matter_id = ap.matter_id and g.principal = d.person_id
                                               and 'approve' = any (g.acts) and t < g.ends_at and g.revoked_at is null);
    perform access.notify(ap.matter_id, array[s.office_id] || array(select d.person_id from public.delegation d where d.office_id = s.office_id
            and s.delegable and d.acts ? ap.act and d.starts_at <= t and t < d.ends_at and d.revoked_at is null), 'approval_waiting',
            jsonb_build_object('approval', a::text, 'act', ap.act, 'urgent', ap.urgent), true);
end $$;

create function access.common_superior(one integer, other integer) returns integer
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with recursive a as (select id, parent_id, 0 as up from public.body where id = one
                         union all select b.id, b.parent_id, a.up + 1 from public.body b join a on b.id = a.parent_id where a.up < 9),
                   c as (select id, parent_id, 0 as up from public.body where id = other
                         union all select b.id, b.parent_id, c.up + 1 from public.body b join c on b.id = c.parent_id where c.up < 9)
    select a.id from a join c using (id) join public.body b on b.id = a.id and b.kind = 'commission' where a.id not in (one, other) or one = other
    order by a.up limit 1 $$;

create function access.office_at(m bigint, place integer, wanted text, room integer) returns integer
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the office that signs: of the matter's room where rooms have it, a deputy of its line; null when nobody with an account holds it
    select o.id from public.office o
    where o.body_id = place and o.valid_to is null
      and (o.code = case wanted when 'deputy_leader' then 'deputy' when 'duty_officer' then 'case_duty' when 'superior_head' then 'head'
                               when 'collective' then 'head' else wanted end
           -- the secretary of a town committee is its head
           or (wanted in ('head', 'superior_head', 'collective') and o.code = 'town_secretary'))
      and (o.code <> 'room_head' or o.room_id = coalesce((select x.id from public.room x where x.id = room and x.body_id = place), o.room_id))
      and (o.code <> 'deputy' or exists (select 1 from public.office_line_room l where l.office_id = o.id and l.room_id = room)
           or not exists (select 1 from public.office o2 join public.office_line_room l on l.office_id = o2.id
                          where o2.body_id = place and o2.code = 'deputy' and l.room_id = room))
      and exists (select 1 from public.posting po join public.person p on p.id = po.person_id and p.account and p.active
                  where po.office_id = o.id and po.confirmed_by_id is not null and po.starts_at <= access.now()
                    and (po.ends_at is null or access.now() < po.ends_at)
                    and not exists (select 1 from public.recusal rc where rc.matter_id = m and rc.state = 'in_force'
                        and rc.principal in (po.person_id, coalesce(po.home_body_id, po.body_id))
                        and rc.starts_at <= access.now() and access.now() < rc.ends_at))
    order by o.id limit 1 $$;

create function access.beyond_custody(m bigint, act_code text, s bigint, at timestamptz) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- an act of inquiry or measure asked or decided past the limit of custody; what a lawful exit stands on stays open
    select access.custody_expired(m, s, at) and not exists (
        select 1 from public.matter mm join public.playbook_move p on p.code = mm.kind and p.version = mm.playbook_version
        where mm.id = m and p.approval_act = act_code and p.lawful_exit) $$;

create function access.request_approval(m bigint, act_code text, s bigint, details jsonb, details_sha text, why text, is_urgent boolean,
                                        collective text, chain_no integer) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now(); a bigint := access.new_id(); mm public.matter;
        b integer; place integer; r public.approval_rule; n integer := 0; own boolean; k integer := 0;
begin
    select * into mm from public.matter where id = m;
    if w.person is null or mm.id is null or not access.may(m, 'write') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if exists (select 1 from public.approval x where x.matter_id = m and x.act = act_code and x.subject_id is not distinct from s
               and x.state = 'pending' and x.what_sha = details_sha) then
        raise exception 'the same request is waiting already' using errcode = 'unique_violation';
    end if;
    if s is not null and not exists (select 1 from public.matter_subject where id = s and matter_id = m) then
        raise exception 'the subject belongs to another matter' using errcode = 'check_violation';
    end if;
    b := mm.owner_body_id;
    own := exists (select 1 from public.approval_rule x where x.kind = mm.kind and x.act = act_code and x.body_id = b);
    insert into public.approval (id, matter_id, act, subject_id, what, what_sha, reason, urgent, requested_by_id, requested_at, state,
                                 collective_no, document_no, closed_zone)
    values (a, m, act_code, s, details, details_sha, coalesce(why, ''), is_urgent, w.person, t, 'pending', coalesce(collective, ''),
            coalesce(details->>'document_no', ''), false);
    for r in select x.* from public.approval_rule x
        where x.kind = mm.kind and x.act = act_code and x.chain = chain_no
          and (case when own then x.body_id = b else x.body_id is null and x.version = mm.playbook_version end)
        order by x."order"
    loop
        place := case r.at when 'partner' then (details->>'partner')::integer
                           when 'other' then (details->>'at_body')::integer
                           when 'common_superior' then access.common_superior(b, coalesce((details->>'body')::integer, b))
                           else access.body_at(b, case when r.office = 'party_secretary' and r.at = 'own' then 'committee' else r.at end) end;
        if r.office = 'superior_head' and r.at = 'own' then place := access.body_at(b, 'next_up'); end if;
        if place is null then
            raise exception 'no body of that level is registered' using errcode = 'check_violation', hint = r.at;
        end if;
        if r.how = 'collective' and coalesce(collective, '') = '' then
            raise exception 'a collective record is needed first' using errcode = 'check_violation', hint = 'collective_record';
        end if;
        if r.act_class in ('measure', 'query') then
            update public.approval set closed_zone = true where id = a;
            if access.beyond_custody(m, act_code, s, t) then
                raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
            end if;
        end if;
        k := k + 1;
        insert into public.approval_step (id, approval_id, matter_id, "order", office_code, how, body_id, office_id, delegable, basis, source,
                                          decision, as_deputy, reason, paper_no)
        values (access.new_id(), a, m, k, r.office, r.how, place, access.office_at(m, place, r.office, mm.owner_room_id), r.delegable, r.basis,
                r.source, case when r.how = 'file' then 'filed' else '' end, false, '', '');
        n := n + 1;
    end loop;
    -- the collective's decision is its record, whose number was given above; where its chairman signs the act itself as well,
    -- his signature is that one (two places need two persons)
    update public.approval_step c set decision = 'recorded', decided_at = t, paper_no = collective
    where c.approval_id = a and c.how = 'collective' and exists (select 1 from public.approval_step l where l.approval_id = a
          and l."order" > c."order" and l.body_id = c.body_id and l.how = 'sign' and l.office_code = 'head');
    if n = 0 then raise exception 'no rule says who approves this' using errcode = 'check_violation', hint = act_code; end if;
    perform access.conclude(a);
    return a;
end $$;

create function access.conclude(a bigint) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t timestamptz := access.now(); st text;
begin
    if exists (select 1 from public.approval_step where approval_id = a and decision = 'refused') then st := 'refused';
    elsif access.turn_of(a) is null then st := 'approved';
    else perform access.admit_signer(a); return 'pending'; end if;
    update public.approval set state = st, decided_at = t where id = a and state = 'pending';
    return st;
end $$;

create function access.out_of_order(ap public.approval) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- an act that the playbook puts before this one has not been approved yet
    select exists (select 1 from public.matter mm join public.approval_rule r on r.kind = mm.kind and r.version = mm.playbook_version,
                        jsonb_array_elements_text(r.after) x
                   where mm.id = ap.matter_id and r.act = ap.act and r.body_id is null
                     and not exists (select 1 from public.approval y where y.matter_id = mm.id and y.act = x and y.state in ('approved', 'used'))) $$;

create function access.decide_approval(a bigint, verdict text, why text, snapshot_content jsonb, snapshot_canon bytea, snapshot_sha text)
    returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now(); ap public.approval; s public.approval_step; sn bigint; deputy boolean := false;
begin
    select * into ap from public.approval where id = a for update;
    if w.person is null or ap.id is null or not access.may(ap.matter_id, 'approve') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if ap.state <> 'pending' then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    select * into s from public.approval_step where id = access.turn_of(a);
    if s.office_id is null then raise exception 'this place is signed on paper' using errcode = 'check_violation'; end if;
    if not (s.office_id = any (w.p)) then
        deputy := s.delegable and exists (select 1 from public.delegation d where d.office_id = s.office_id and d.person_id = w.person
                  and d.acts ? ap.act and d.starts_at <= t and t < d.ends_at and d.revoked_at is null);
        if not deputy then raise exception 'it is another''s turn' using errcode = 'insufficient_privilege'; end if;
    end if;
    if ap.requested_by_id = w.person then raise exception 'nobody approves his own request' using errcode = 'insufficient_privilege'; end if;
    if exists (select 1 from public.approval_step x where x.approval_id = a and x.person_id = w.person) then
        raise exception 'two places need two persons' using errcode = 'insufficient_privilege';
    end if;
    if access.out_of_order(ap) then
        raise exception 'another act is decided first' using errcode = 'check_violation', hint = 'order';
    end if;
    if ap.closed_zone and (select zone from access.session where id = w.session) <> 'closed' then
        raise exception 'measures are approved inside the closed zone' using errcode = 'insufficient_privilege', hint = 'closed_zone';
    end if;
    if verdict not in ('approved', 'refused') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    if verdict = 'approved' and ap.closed_zone and access.beyond_custody(ap.matter_id, ap.act, ap.subject_id, t) then
        raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
    end if;
    if verdict = 'refused' and coalesce(why, '') = '' then raise exception 'a refusal needs a reason' using errcode = 'check_violation'; end if;
    if snapshot_sha is distinct from encode(sha256(snapshot_canon), 'hex') then
        raise exception 'the snapshot does not match its digest' using errcode = 'check_violation';
    end if;
    sn := access.new_id();
    insert into public.snapshot (id, matter_id, approval_id, content, canon, sha, at)
    values (sn, ap.matter_id, a, snapshot_content, snapshot_canon, snapshot_sha, t);
    update public.approval_step set decision = verdict, person_id = w.person, as_deputy = deputy, reason = coalesce(why, ''), decided_at = t,
           signed_at = t, snapshot_id = sn where id = s.id;
    return access.conclude(a);
end $$;

create function access.sign_on_paper(a bigint, verdict text, number_on_paper text, file bigint, signed timestamptz, why text) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- an approver without an account: one clerk enters number, scan and time; another confirms. Only then it counts.
declare w record := access.who(); t timestamptz := access.now(); ap public.approval; s public.approval_step;
begin
    select * into ap from public.approval where id = a for update;
    if w.person is null or ap.id is null or not access.may(ap.matter_id, 'write') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if ap.state <> 'pending' then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    select * into s from public.approval_step where id = access.turn_of(a);
    if s.office_id is not null then raise exception 'this signer has an account' using errcode = 'check_violation'; end if;
    if s.clerk_one_id is null then
        if coalesce(number_on_paper, '') = '' or signed is null or verdict not in ('approved', 'refused') then
            raise exception 'number, time and verdict of the paper are needed' using errcode = 'check_violation';
        end if;
        if signed > t then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
        if verdict = 'refused' and coalesce(why, '') = '' then raise exception 'a refusal needs a reason' using errcode = 'check_violation'; end if;
        if verdict = 'approved' and ap.closed_zone and access.beyond_custody(ap.matter_id, ap.act, ap.subject_id, signed) then
            raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
        end if;
        if access.out_of_order(ap) then raise exception 'another act is decided first' using errcode = 'check_violation', hint = 'order'; end if;
        if signed < coalesce((select max(signed_at) from public.approval_step where approval_id = a), ap.requested_at) then
            raise exception 'signed before the one who signs first' using errcode = 'check_violation';
        end if;
        update public.approval_step set paper_no = number_on_paper, paper_file = file, signed_at = signed, clerk_one_id = w.person,
               reason = concat_ws('|', verdict, why) where id = s.id;
        return 'half';
    end if;
    if s.clerk_one_id = w.person then raise exception 'a second clerk confirms' using errcode = 'insufficient_privilege'; end if;
    if s.paper_no is distinct from number_on_paper or split_part(s.reason, '|', 1) is distinct from verdict then
        raise exception 'the two clerks read different papers' using errcode = 'check_violation';
    end if;
    update public.approval_step set decision = verdict, decided_at = t, clerk_two_id = w.person, reason = substr(s.reason, length(verdict) + 2)
    where id = s.id;
    return access.conclude(a);
end $$;
create function access.withdraw_approval(a bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); ap public.approval;
begin
    select * into ap from public.approval where id = a for update;
    if w.person is null or ap.id is null or ap.requested_by_id <> w.person or ap.state <> 'pending' then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.approval set state = 'withdrawn', decided_at = access.now() where id = a;
end $$;
-- what an executing service asks: consume the approval of exactly this
create function access.use_approval(a bigint, m bigint, act_code text, s bigint) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d jsonb;
begin
    if not access.may(m, 'write') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.approval set state = 'used', used_at = access.now()
    where id = a and matter_id = m and act = act_code and subject_id is not distinct from s and state = 'approved' returning what into d;
    if d is null then raise exception 'not approved' using errcode = 'check_violation', hint = act_code; end if;
    return d;
end $$;

-- ── the hand-over ladder ───────────────────────────────────────────────────────────────────────────────────────────
create function access.desk_of(b integer) returns integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- where parcels for a body arrive: its case-management room, else its supervision room, else the body itself
    select coalesce((select id from public.room where body_id = b and kind = 'case_management' and valid_to is null order by id limit 1),
                    (select id from public.room where body_id = b and kind in ('supervision', 'petitions', 'general') and valid_to is null order by id limit 1), b) $$;

create function access.send_handover(m bigint, to_body integer, what text, why text, files jsonb, files_sha text, keep boolean,
                                     receipt text, doc text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now(); mm public.matter; h bigint := access.new_id(); desk integer;
begin
    select * into mm from public.matter where id = m for update;
    if w.person is null or mm.id is null or not access.may(m, 'handover') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if mm.owner_body_id = to_body then raise exception 'it is yours already' using errcode = 'check_violation'; end if;
    if coalesce(why, '') = '' then raise exception 'say why the receiver is competent' using errcode = 'check_violation'; end if;
    if not exists (select 1 from public.body b where b.id = to_body and b.valid_to is null) then
        raise exception 'that body no longer exists' using errcode = 'check_violation';
    end if;
    if exists (select 1 from public.handover x where x.matter_id = m and x.state in ('sent', 'received', 'opened')) then
        raise exception 'a hand-over of this matter is under way' using errcode = 'unique_violation';
    end if;
    if exists (select 1 from public.recusal r where r.matter_id = m and r.principal = to_body and r.state in ('in_force', 'raised') and t < r.ends_at) then
        raise exception 'the receiver is recused' using errcode = 'check_violation', hint = 'recusal';
    end if;
    desk := access.desk_of(to_body);
    insert into public.handover (id, matter_id, kind, sender_id, receiver_id, competence_reason, index, index_sha, keep_view, state, receipt_no,
                                 document_no, sent_at, sent_by_id, received_at, reason, visible_note, coarse_stage, sender_acl)
    values (h, m, what, mm.owner_body_id, to_body, why, files, files_sha, keep, 'received', receipt, coalesce(doc, ''), t, w.person, t, '', '', 'delivered',
            array_remove(array[w.person, mm.owner_room_id, access.desk_of(mm.owner_body_id)], null));
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (access.new_id(), m, desk, 'receiver', '{read,handover}', t, t + interval '60 days', 'handover', why, w.person, t);
    insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), m, to_body, 'receiver', t);
    perform access.notify(m, array[desk], 'handover_arrived', jsonb_build_object('handover', h::text), true);
    return h;
end $$;

create function access.step_handover(h bigint, verdict text, why text, to_room integer default null, to_body integer default null) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- opened · accepted (ownership moves, sender's view ends unless kept) · returned (reason) · redirected (to another body)
declare w record := access.who(); t timestamptz := access.now(); ho public.handover; mm public.matter; room integer; next_parcel bigint; far constant timestamptz := '9999-01-01 00:00:00+00';
begin
    select * into ho from public.handover where id = h for update;
    if w.person is null or ho.id is null or not access.may(ho.matter_id, 'handover') or not (ho.receiver_id = any (w.p)) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if verdict = 'opened' then
        update public.handover set state = 'opened', opened_at = t where id = h and state = 'received';
        return 'opened';
    end if;
    if ho.state not in ('received', 'opened') then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    select * into mm from public.matter where id = ho.matter_id for update;
    if verdict = 'accepted' then
        room := coalesce(to_room, nullif(access.desk_of(ho.receiver_id), ho.receiver_id));
        if room is not null and not exists (select 1 from public.room r where r.id = room and r.body_id = ho.receiver_id) then
            raise exception 'the room belongs to another body' using errcode = 'check_violation';
        end if;
        update public.handover set state = 'accepted', opened_at = coalesce(opened_at, t), decided_at = t, decided_by_id = w.person,
               reason = coalesce(why, ''), coarse_stage = 'accepted' where id = h;
        if ho.kind <> 'assistance' then
            update public.matter set owner_body_id = ho.receiver_id, owner_room_id = room, row_version = row_version + 1 where id = mm.id;
            update public.matter_body set ends_at = t where matter_id = mm.id and role in ('owner', 'receiver') and ends_at is null;
            insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), mm.id, ho.receiver_id, 'owner', t);
            -- ownership moves: the sender's grants end unless it keeps the view; approvers' and teams' of the sender too
            update public.matter_grant g set revoked_at = t, reason = concat_ws(' · ', nullif(g.reason, ''), 'handed over')
            where g.matter_id = mm.id and g.revoked_at is null and t < g.ends_at and g.kind in ('handler', 'team', 'leader', 'approver', 'receiver', 'dispatched');
            -- the sender keeps reading where that was agreed: the same persons and rooms, to read only
            if ho.keep_view then
                insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
                select access.new_id(), mm.id, x, 'sender', '{read,note}', t, far, 'handover', ho.receipt_no, w.person, t
                from unnest(ho.sender_acl) x where not access.barred(mm.id, x);
            end if;
        end if;
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        select access.new_id(), mm.id, x, 'handler', '{read,write,grant,handover,close,export}', t, far, 'handover', ho.receipt_no, w.person, t
        from unnest(array_remove(array[w.person, room], null)) x;
    elsif verdict = 'returned' then
        if coalesce(why, '') = '' then raise exception 'a return needs a reason' using errcode = 'check_violation'; end if;
        update public.handover set state = 'returned', decided_at = t, decided_by_id = w.person, reason = why, coarse_stage = 'returned' where id = h;
        update public.matter_grant set revoked_at = t where matter_id = mm.id and kind = 'receiver' and revoked_at is null;
        update public.matter_body set ends_at = t where matter_id = mm.id and role = 'receiver' and ends_at is null;
    elsif verdict = 'redirected' then
        if to_body is null or coalesce(why, '') = '' then raise exception 'a redirection needs a receiver and a reason' using errcode = 'check_violation'; end if;
        if to_body in (ho.receiver_id, ho.sender_id) then raise exception 'redirect to a third body' using errcode = 'check_violation'; end if;
        if exists (select 1 from public.recusal r where r.matter_id = mm.id and r.principal = to_body and r.state in ('in_force', 'raised') and t < r.ends_at) then
            raise exception 'the receiver is recused' using errcode = 'check_violation', hint = 'recusal';
        end if;
        next_parcel := access.new_id();
        update public.handover set state = 'redirected', decided_at = t, decided_by_id = w.person, reason = why, redirected_to_id = to_body,
               coarse_stage = 'redirected' where id = h;
        update public.matter_grant set revoked_at = t where matter_id = mm.id and kind = 'receiver' and revoked_at is null;
        update public.matter_body set ends_at = t where matter_id = mm.id and role = 'receiver' and ends_at is null;
        insert into public.handover (id, matter_id, kind, sender_id, receiver_id, competence_reason, index, index_sha, keep_view, state, receipt_no,
                                     document_no, sent_at, sent_by_id, received_at, reason, visible_note, coarse_stage, sender_acl)
        values (next_parcel, mm.id, 'redirect', ho.sender_id, to_body, why, ho.index, ho.index_sha, ho.keep_view, 'received', ho.receipt_no,
                ho.document_no, t, ho.sent_by_id, t, '', '', 'delivered', ho.sender_acl || access.desk_of(ho.receiver_id));
        -- the debt of an answer travels with the parcel
        update public.feedback_duty set handover_id = next_parcel, owed_by_id = to_body where handover_id = h and state = 'open';
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        values (access.new_id(), mm.id, access.desk_of(to_body), 'receiver', '{read,handover}', t, t + interval '60 days', 'handover', why, w.person, t);
        insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), mm.id, to_body, 'receiver', t);
    else
        raise exception 'unknown verdict' using errcode = 'check_violation';
    end if;
    -- a playbook that waits for this hand-over (stage by stage, as a matter of its own) learns how the real parcel went
    if verdict in ('accepted', 'returned') then
        update public.matter_link l set outcome = verdict where l.id = (
            select x.id from public.matter_link x join public.matter c on c.id = x.target_id and c.kind = 'handover'
            where x.source_id = ho.matter_id order by x.created_at desc, x.id desc limit 1);
    end if;
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), ho.sent_by_id, null, 'handover_' || verdict, jsonb_build_object('handover', h::text), true, t
    where not exists (select 1 from public.recusal r where r.matter_id = mm.id and r.principal = ho.sent_by_id and r.state = 'in_force'
                      and r.starts_at <= t and t < r.ends_at);
    return verdict;
end $$;
create function access.show_sender(h bigint, stage text, note text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what the sender may read of the progress: coarse stages only
declare ho public.handover;
begin
    select * into ho from public.handover where id = h;
    if ho.id is null or not access.may(ho.matter_id, 'write') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    update public.handover set coarse_stage = stage, visible_note = coalesce(note, '') where id = h and state = 'accepted';
end $$;

create function access.close_duty_of(h bigint, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select 1 from public.handover where id = h and state = 'returned' and decided_by_id = (access.who()).person) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    update public.feedback_duty set state = 'closed', waived_reason = why where handover_id = h and state = 'open';
end $$;

-- ── designation: executes only what was approved ───────────────────────────────────────────────────────────────────
create function access.designate(a bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now(); ap public.approval; b integer; room integer; far constant timestamptz := '9999-01-01 00:00:00+00'; doc text;
begin
    select * into ap from public.approval where id = a for update;
    if w.person is null or ap.id is null or not (access.may(ap.matter_id, 'write') or access.may(ap.matter_id, 'approve')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if ap.act <> 'designation' or ap.state <> 'approved' then raise exception 'not approved' using errcode = 'check_violation', hint = 'designation'; end if;
    b := (ap.what->>'body')::integer; doc := coalesce(nullif(ap.document_no, ''), ap.what->>'document_no', '');
    if exists (select 1 from public.recusal r where r.matter_id = ap.matter_id and r.principal = b and r.state in ('in_force', 'raised') and t < r.ends_at) then
        raise exception 'that body is recused' using errcode = 'check_violation', hint = 'recusal';
    end if;
    update public.approval set state = 'used', used_at = t where id = a;
    room := nullif(access.desk_of(b), b);
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (access.new_id(), ap.matter_id, coalesce(room, b), 'handler', '{read,write,grant,handover,close,export}', t, far, 'designation', doc, w.person, t);
    insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), ap.matter_id, b, 'lead_body', t);
    insert into public.competence_basis (id, matter_id, subject_id, kind, body_id, given_by_id, document_no, decided_on, approval_id, recorded_at, recorded_by_id)
    select access.new_id(), ap.matter_id, ap.subject_id, 'designation', b, (select s.body_id from public.approval_step s where s.approval_id = a order by s."order" desc limit 1),
           doc, (t at time zone 'Asia/Shanghai')::date, a, t, w.person;
    perform access.notify(ap.matter_id, array[coalesce(room, b)], 'designated', jsonb_build_object('approval', a::text), true);
    return b;
end $$;

-- ── measures: no measure without its approval; at expiry only lawful exits ─────────────────────────────────────────
create function access.approves_measure(m bigint, measure_kind text, act_code text) returns boolean
    language sql stable security definer set search_path = pg_catalog as $$
-- the act named after the measure, or on the measure's own matter the act of class measure that its first step stands on
    select act_code in ('measure.' || measure_kind, measure_kind)
        or exists (select 1 from public.matter mm join public.approval_rule r on r.kind = mm.kind and r.version = mm.playbook_version
                   where mm.id = m and mm.kind in (measure_kind, case measure_kind when 'seize' then 'seizure' end) and r.act = act_code
                     and r.act_class = 'measure' and r.after = '[]' and not exists (
                         select 1 from public.approval_rule x where x.kind = mm.kind and x.version = mm.playbook_version and x.act = mm.kind)) $$;
create function access.measure_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ap public.approval; basis integer;
begin
    if tg_op = 'UPDATE' then
        if (new.matter_id, new.subject_id, new.kind, new.approval_id, new.started_at, new.collective_no, new.superior_no, new.by_body_id)
           is distinct from (old.matter_id, old.subject_id, old.kind, old.approval_id, old.started_at, old.collective_no, old.superior_no, old.by_body_id) then
            raise exception 'a measure is ended or varied, never rewritten' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    if new.started_at > access.now() then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    if new.late_record then   -- what really happened, entered late and visibly as a breach: both dates differ, and it is alarmed
        if new.started_at >= access.now() - interval '1 minute' then
            raise exception 'a late record tells what happened before' using errcode = 'check_violation', hint = 'late_record';
        end if;
        return new;
    end if;
    if access.custody_expired(new.matter_id, new.subject_id) then
        raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
    end if;
    select count(*) into basis from public.body b where b.id = new.by_body_id and b.kind in ('commission', 'working_committee', 'dispatched_unit');
    if basis = 0 then raise exception 'that body holds no power for this measure' using errcode = 'check_violation', hint = 'power'; end if;
    if new.kind = 'interview' then return new; end if;
    select * into ap from public.approval where id = new.approval_id for update;
    if ap.id is null or ap.matter_id <> new.matter_id or not access.approves_measure(new.matter_id, new.kind, ap.act)
       or (ap.subject_id is not null and ap.subject_id <> new.subject_id) or ap.state not in ('approved', 'used')
       or exists (select 1 from public.measure x where x.approval_id = ap.id) then
        raise exception 'not approved' using errcode = 'check_violation', hint = 'measure.' || new.kind;
    end if;
    if date_trunc('minute', new.started_at) < date_trunc('minute', ap.decided_at) then raise exception 'the measure precedes its approval' using errcode = 'check_violation', hint = 'order'; end if;
    if new.kind = 'liuzhi' and (coalesce(ap.collective_no, '') = '' or coalesce(new.superior_no, '') = '') then
        raise exception 'liuzhi needs the collective record and the superior''s approval number' using errcode = 'check_violation', hint = 'gate.liuzhi';
    end if;
    if new.kind in ('freeze', 'seize') and new.enterprise_note = '' and exists (
        select 1 from public.matter_subject s where s.id = new.subject_id and s.kind = 'unit') then
        raise exception 'say what it does to the enterprise' using errcode = 'check_violation', hint = 'gate.enterprise';
    end if;
    new.collective_no := coalesce(nullif(new.collective_no, ''), ap.collective_no);
    update public.approval set state = 'used', used_at = access.now() where id = ap.id;
    return new;
end $$;
create trigger gate before insert or update on public.measure for each row execute function access.measure_gate();
create function access.late_measure() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare owner integer := (select owner_body_id from public.matter where id = new.matter_id); up integer;
begin
    up := access.body_at(owner, 'next_up');
    insert into public.alarm (id, matter_id, kind, level, raised_at, answer) values (access.new_id(), new.matter_id, 'late_record', 2, access.now(), '');
    perform access.tell_offices(new.matter_id, array_remove(array[owner, up], null), array['head', 'internal_supervision'], 'late_record',
                                jsonb_build_object('measure', new.id::text, 'kind', new.kind));
    return null;
end $$;
create trigger late after insert on public.measure for each row when (new.late_record) execute function access.late_measure();
-- new investigative work on a person whose custody has run out is refused through every door
create function access.presence_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(new.basis, '') in ('', 'waiting_for_approval') then
        raise exception 'every minute of a presence has a basis; waiting for an approval is none' using errcode = 'check_violation', hint = 'presence_basis';
    end if;
    -- held in custody he is kept on the measure itself; any other presence past the limit is inquiry. What ended before it may be entered late.
    if access.custody_expired(new.matter_id, new.subject_id, coalesce(new.ended_at, access.now())) then
        raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
    end if;
    if new.started_at > access.now() then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    return new;
end $$;
create trigger gate before insert on public.presence for each row execute function access.presence_gate();
create function access.talk_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- past the limit of custody nobody is questioned; care, rest, meals and the offer to leave go on, and what happened before may be entered late
declare subject bigint;
begin
    select subject_id into subject from public.presence where id = new.presence_id and matter_id = new.matter_id;
    if subject is null then raise exception 'the presence belongs to another matter' using errcode = 'check_violation'; end if;
    if new.kind = 'basis' and coalesce(new.note, '') in ('', 'waiting_for_approval') then
        raise exception 'every minute of a presence has a basis; waiting for an approval is none' using errcode = 'check_violation', hint = 'presence_basis';
    end if;
    if new.starts_at > access.now() then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    if new.kind in ('talk', 'basis') and access.custody_expired(new.matter_id, subject, greatest(new.starts_at, new.ends_at)) then
        raise exception 'custody has reached its limit' using errcode = 'check_violation', hint = 'custody_gate';
    end if;
    return new;
end $$;
create trigger gate before insert on public.presence_entry for each row execute function access.talk_gate();

-- ── alarms raised by time alone ────────────────────────────────────────────────────────────────────────────────────
create function access.tell_offices(m bigint, bodies integer[], codes text[], what text, detail jsonb) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer; t timestamptz := access.now();
begin
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person_id, m, what, detail, true, t
    from (select distinct po.person_id from public.posting po join public.office o on o.id = po.office_id left join public.room r on r.id = o.room_id
          where o.body_id = any (bodies) and (o.code = any (codes) or ('internal_supervision' = any (codes) and r.kind = 'internal_supervision'))
            and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
          union
          select g.principal from public.matter_grant g join public.person p on p.id = g.principal
          where g.matter_id = m and 'write' = any (g.acts) and g.starts_at <= t and t < g.ends_at and g.revoked_at is null) x
    where not exists (select 1 from public.recusal rc where rc.matter_id = m and rc.principal = x.person_id and rc.state = 'in_force'
                      and rc.starts_at <= t and t < rc.ends_at);
    get diagnostics n = row_count;
    return n;
end $$;
create function access.raise_alarm(c bigint, at_level integer) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- The handler and his head at a warning; at expiry the superior's head too; for custody also the internal-supervision room, from the
-- first warning on. Past custody expiry each call is one more alarm, until a lawful exit stops the clock.
declare cl public.clock; mm public.matter; a bigint := access.new_id(); up integer;
begin
    select * into cl from public.clock where id = c and state = 'running';
    if cl.id is null then return null; end if;
    select * into mm from public.matter where id = cl.matter_id;
    insert into public.alarm (id, matter_id, clock_id, kind, level, raised_at, answer)
    values (a, mm.id, c, case when cl.on_expiry = 'must_release' then 'custody' else 'clock' end, at_level, access.now(), '');
    up := access.body_at(mm.owner_body_id, 'next_up');
    perform access.tell_offices(mm.id,
        case when at_level >= 2 or cl.on_expiry = 'must_release' then array_remove(array[mm.owner_body_id, up], null) else array[mm.owner_body_id] end,
        case when cl.on_expiry = 'must_release' then array['head', 'internal_supervision'] when at_level >= 2 then array['head', 'case_duty'] else array['case_duty'] end,
        'clock_alarm', jsonb_build_object('clock', c::text, 'code', cl.code, 'rule', cl.rule, 'level', at_level));
    return a;
end $$;
create function access.sweep_duties() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare d record; n integer := 0; today date := (access.now() at time zone 'Asia/Shanghai')::date;
begin
    for d in select f.* from public.feedback_duty f where f.state = 'open' and f.next_due < today
             and not exists (select 1 from public.alarm x where x.matter_id = f.matter_id and x.kind = 'feedback' and x.raised_at > access.now() - interval '7 days')
             limit 500 for update of f skip locked loop
        insert into public.alarm (id, matter_id, kind, level, raised_at, answer) values (access.new_id(), d.matter_id, 'feedback', 2, access.now(), '');
        perform access.tell_offices(d.matter_id, array_remove(array[d.owed_by_id, access.body_at(d.owed_by_id, 'next_up')], null), array['head', 'case_duty'],
                                    'feedback_overdue', jsonb_build_object('duty', d.id::text));
        insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
        select access.new_id(), h.sent_by_id, null, 'feedback_overdue', jsonb_build_object('handover', h.id::text), true, access.now()
        from public.handover h where h.id = d.handover_id;
        n := n + 1;
    end loop;
    return n;
end $$;
grant execute on function access.raise_alarm(bigint, integer), access.sweep_duties() to {sweeper};

-- ── keeping what is written ────────────────────────────────────────────────────────────────────────────────────────
create function access.published_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (new.code, new.version, new.sha, new.content::text) is not distinct from (old.code, old.version, old.sha, old.content::text) then
        return new;   -- retiring is the only change
    end if;
    raise exception 'a published playbook never changes' using errcode = 'check_violation';
end $$;
create trigger stays before update or delete on public.playbook_version for each row execute function access.published_stays();

-- ── identity numbers: compared as keyed digests, kept sealed ───────────────────────────────────────────────────────
create function access.digest_identity(number_text text) returns bytea language sql stable security definer set search_path = pg_catalog, pg_temp as
$$ select access.keyed('identity', convert_to(number_text, 'UTF8')) $$;
-- sealed with a keystream from the installation's secret and a random salt, checked by a tag: opened by open_identity alone
create function access.seal_identity(number_text text) returns bytea language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare salt bytea := uuid_send(gen_random_uuid()); plain bytea := convert_to(number_text, 'UTF8'); pad bytea; out bytea := ''; i integer;
begin
    pad := access.keyed('identity-seal', salt) || access.keyed('identity-seal-2', salt);
    if length(plain) > length(pad) then raise exception 'too long' using errcode = 'check_violation'; end if;
    out := plain;
    for i in 0 .. length(plain) - 1 loop out := set_byte(out, i, get_byte(plain, i) # get_byte(pad, i)); end loop;
    return salt || out || substr(access.keyed('identity-tag', salt || out), 1, 16);
end $$;
create function access.open_identity(s bigint) returns text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
-- showing a number is its own recorded act: the service that calls this writes the event; without `read` there is nothing to open
declare su public.matter_subject; salt bytea; body bytea; pad bytea; i integer; out bytea;
begin
    select * into su from public.matter_subject where id = s;
    if su.id is null or su.id_sealed is null or not access.may(su.matter_id, 'read') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    salt := substr(su.id_sealed, 1, 16); body := substr(su.id_sealed, 17, length(su.id_sealed) - 32);
    if substr(access.keyed('identity-tag', salt || body), 1, 16) <> substr(su.id_sealed, length(su.id_sealed) - 15) then
        raise exception 'the sealed number was altered' using errcode = 'data_corrupted';
    end if;
    pad := access.keyed('identity-seal', salt) || access.keyed('identity-seal-2', salt); out := body;
    for i in 0 .. length(body) - 1 loop out := set_byte(out, i, get_byte(body, i) # get_byte(pad, i)); end loop;
    return convert_from(out, 'UTF8');
end $$;
create function access.belongs_to_superior(own integer, person integer, digest bytea, person_name text) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the own body's head or deputies, or a member of a superior commission's leadership: such a report is never registered here
    select exists (
        select 1 from public.posting po join public.office o on o.id = po.office_id join public.person p on p.id = po.person_id
        where po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)
          and ((o.code = 'head' and po.body_id = own)
               or (o.code in ('head', 'deputy') and po.body_id in (access.body_at(own, 'next_up'), access.body_at(own, 'province'), access.body_at(own, 'national'))))
          and (p.id = person or (digest is not null and p.id_digest = digest) or (person is null and digest is null and p.name = person_name))) $$;
create function access.move_ownership(m bigint, to_body integer, approval bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by a playbook step: only on an approval of this very matter, or back to a body that owned it before
declare t timestamptz := access.now(); w record := access.who(); room integer; old public.matter;
begin
    select * into old from public.matter where id = m;
    if not (access.may(m, 'write') or access.may(m, 'approve')) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not exists (select 1 from public.approval a where a.id = approval and a.matter_id = m and a.state in ('approved', 'used'))
       and not exists (select 1 from public.matter_body b where b.matter_id = m and b.body_id = to_body and b.role in ('owner', 'natural')) then
        raise exception 'not approved' using errcode = 'check_violation', hint = 'move_ownership';
    end if;
    if exists (select 1 from public.recusal r where r.matter_id = m and r.principal = to_body and r.state in ('in_force', 'raised') and t < r.ends_at) then
        raise exception 'that body is recused' using errcode = 'check_violation', hint = 'recusal';
    end if;
    room := nullif(access.desk_of(to_body), to_body);
    update public.matter set owner_body_id = to_body, owner_room_id = room where id = m;
    update public.matter_body set ends_at = t where matter_id = m and role = 'owner' and ends_at is null;
    insert into public.matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), m, to_body, 'owner', t);
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    values (access.new_id(), m, coalesce(room, to_body), 'handler', '{read,write,grant,handover,close,export}', t, timestamptz '9999-01-01 00:00:00+00',
            'move_ownership', coalesce(approval::text, ''), w.person, t);
    -- a superior that gives a matter down its own line goes on reading it: progress is reported to the room that gave it
    if access.body_at(to_body, 'next_up') = old.owner_body_id then
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        select access.new_id(), m, x, 'sender', '{read,note}', t, timestamptz '9999-01-01 00:00:00+00', 'move_ownership', coalesce(approval::text, ''), w.person, t
        from (select coalesce(old.owner_room_id, access.desk_of(old.owner_body_id)) as x) y where not access.barred(m, x);
    end if;
end $$;

create function access.copy_subjects(source bigint, child bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a matter spawned from another is about the same people; recusals follow from them at once
declare n integer;
begin
    if not access.may(source, 'write') or not access.may(child, 'read') or exists (select 1 from public.matter_subject where matter_id = child)
       or not exists (select 1 from public.matter_link l where l.source_id = source and l.target_id = child) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.matter_subject (id, matter_id, kind, name, id_digest, id_sealed, id_tail, person_id, unit_body_id, unit_name, post, cadre_rank, managed_by_id, dual_managed, role)
    select access.new_id(), child, kind, name, id_digest, id_sealed, id_tail, person_id, unit_body_id, unit_name, post, cadre_rank, managed_by_id, dual_managed, role
    from public.matter_subject where matter_id = source;
    get diagnostics n = row_count;
    return n;
end $$;

revoke all on all functions in schema access from public;
grant select on public.playbook_version to {sweeper};
grant execute on function access.moved_now(bigint, text), access.copy_subjects(bigint, bigint) to {web}, {job};
grant execute on function access.digest_identity(text), access.seal_identity(text), access.open_identity(bigint),
    access.belongs_to_superior(integer, integer, bytea, text), access.move_ownership(bigint, integer, bigint),
    access.close_duty_of(bigint, text) to {web}, {job};
grant execute on function access.recused(bigint), access.notify(bigint, integer[], text, jsonb, boolean), access.next_number(text, text, bigint),
    access.custody_expired(bigint, bigint, timestamptz),
    access.make_move(bigint, text, integer, jsonb, text, bigint, timestamptz, integer), access.body_at(integer, text),
    access.turn_of(bigint),
    access.request_approval(bigint, text, bigint, jsonb, text, text, boolean, text, integer),
    access.decide_approval(bigint, text, text, jsonb, bytea, text), access.sign_on_paper(bigint, text, text, bigint, timestamptz, text),
    access.withdraw_approval(bigint), access.use_approval(bigint, bigint, text, bigint), access.desk_of(integer),
    access.send_handover(bigint, integer, text, text, jsonb, text, boolean, text, text),
    access.step_handover(bigint, text, text, integer, integer), access.show_sender(bigint, text, text), access.designate(bigint) to {web}, {job};
select access.settle();

-- the faces of a demo: names and identities of its people, before anyone is bound; nothing in any other installation
create function access.demo_faces() returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_object_agg(p.name, p.id) from public.person p where p.active and p.account
        and exists (select 1 from access.installation where mark = 'demo') $$;
revoke all on function access.demo_faces() from public;
grant execute on function access.demo_faces() to {web};
select access.settle();
