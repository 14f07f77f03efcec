-- What the services refuse, the database refuses as well, whichever connection asks: a term is not stopped, put off or silenced by
-- hand; a notice is put off only by its approval; who handled the original does not review it; a published condition on a form holds.

-- a designation is the approved move of its playbook, which moves ownership: the older door was reached by no act
drop function access.designate(bigint);

-- ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
create function access.clock_moved_by_a_step(c public.clock, word text) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- whether a move of this very transaction means it: the published clock names the move or a stage that it leaves or enters, an effect
-- of the move or of a stage that opens says so, or the matter ends with it
    with v as (select x.move, x.from_stage, x.to_stages from public.matter_move x
               where x.matter_id = c.matter_id and x.at = access.now() and x.by_tx = pg_current_xact_id_if_assigned()::text),
         p as (select w.content from public.matter m join public.playbook_version w on w.code = m.kind and w.version = m.playbook_version where m.id = c.matter_id and exists (select 1 from v)),
         said as (select coalesce(k->'starts_on', '[]') as starts_on, coalesce(k->(case word when 'stop' then 'stops_on' when 'suspend' then 'suspends_on' when 'resume' then 'resumes_on' else '-' end), '[]') as says
                  from p, jsonb_array_elements(p.content->'clocks') k where k->>'code' = c.code)
    select exists (select 1 from v join public.matter m on m.id = c.matter_id and m.status = 'closed')
        or exists (select 1 from v, said, jsonb_array_elements_text(said.says) s (event)
                   where s.event in ('move:' || v.move, 'leave:' || v.from_stage, 'close') or s.event = any (select 'enter:' || e from unnest(v.to_stages) e)
                      -- a split or a join is passed on the way to the stages that open
                      or exists (select 1 from p, jsonb_array_elements(p.content->'stages') g where g->>'kind' in ('split', 'join') and s.event in ('enter:' || (g->>'code'), 'leave:' || (g->>'code'))))
        or exists (select 1 from v, p, jsonb_array_elements((p.content->'moves') || (p.content->'stages')) e, jsonb_array_elements(coalesce(e->'effects', '[]')) f
                   where (e->>'code' = v.move or e->>'code' = any (v.to_stages)) and f->(word || '_clock')->>'clock' = c.code) $$;

create function access.clock_event_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now(); c public.clock;
begin
    if w.person is null then return new; end if;   -- the installer's hand; a program always acts through a session
    select * into c from public.clock where id = new.clock_id and matter_id = new.matter_id;
    if c.id is null or new.person_id is distinct from w.person or new.recorded_at <> t then
        raise exception 'a clock moves by a dated event only' using errcode = 'check_violation', hint = 'clock';
    end if;
    if new.happened_at > t then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    if new.kind = 'start' then
        if exists (select 1 from public.clock_event e where e.clock_id = c.id) then
            raise exception 'a clock moves by a dated event only' using errcode = 'check_violation', hint = 'clock';
        end if;
        return new;
    end if;
    if not c.statutory and c.on_expiry not in ('must_release', 'escalate') then return new; end if;   -- a room's own reminder
    if new.kind in ('stop', 'suspend', 'resume', 'extend', 'restart') and access.clock_moved_by_a_step(c, new.kind) then return new; end if;
    if new.kind = 'stop' and c.code = 'notify24' and not exists (
            select 1 from public.measure_notice n join public.measure x on x.id = n.measure_id
            where n.matter_id = c.matter_id and x.subject_id is not distinct from coalesce(c.subject_id, x.subject_id) and n.given_at is null and n.exception_approval is null) then
        return new;
    end if;
    if new.kind = 'stop' and exists (select 1 from public.measure x where x.matter_id = c.matter_id and x.kind = c.code
            and x.subject_id is not distinct from coalesce(c.subject_id, x.subject_id) and x.ended_at is not null) then
        return new;
    end if;
    if new.kind = 'extend' and exists (
            select 1 from public.approval a join public.matter m on m.id = a.matter_id join public.playbook_version v on v.code = m.kind and v.version = m.playbook_version,
                   jsonb_array_elements((v.content->'moves') || (v.content->'stages')) e, jsonb_array_elements(coalesce(e->'effects', '[]')) f
            where a.id = new.approval_id and a.matter_id = c.matter_id and a.state in ('approved', 'used')
              -- the act that the playbook names for this very term; a measure taken outside it keeps its term under the measure's own name
              and f->'extend_clock'->>'act' = a.act and c.code in (f->'extend_clock'->>'clock', m.kind)) then
        return new;
    end if;
    raise exception 'a legal term is moved only by the step or the approval that moves it' using errcode = 'check_violation', hint = 'clock';
end $$;
create trigger gate before insert on public.clock_event for each row execute function access.clock_event_gate();

create function access.clock_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the row holds caches of dated events: whoever acts changes them only together with an event, and never the rule it runs under
begin
    if (access.who()).person is null then return new; end if;
    if (new.subject_id, new.rule, new.rule_on, new.code, new.calendar, new.parameters, new.statutory, new.on_expiry, new.started_at, new.stage)
       is distinct from (old.subject_id, old.rule, old.rule_on, old.code, old.calendar, old.parameters, old.statutory, old.on_expiry, old.started_at, old.stage)
       or not exists (select 1 from public.clock_event e where e.clock_id = new.id and e.recorded_at = access.now())
       or (new.state = 'stopped') <> exists (select 1 from public.clock_event e where e.clock_id = new.id and e.kind = 'stop') then
        raise exception 'a clock moves by a dated event only' using errcode = 'check_violation', hint = 'clock';
    end if;
    return new;
end $$;
create trigger gate before update on public.clock for each row execute function access.clock_gate();

-- ── the notices that a measure owes ────────────────────────────────────────────────────────────────────────────────
create function access.notice_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); t timestamptz := access.now();
begin
    if w.person is null then return new; end if;
    if tg_op = 'UPDATE' and ((new.measure_id, new."to", new.due_at) is distinct from (old.measure_id, old."to", old.due_at)
            or (old.given_at is not null and (new.given_at, new.given_by_id) is distinct from (old.given_at, old.given_by_id))) then
        raise exception 'a notice that is owed is given or put off, never rewritten' using errcode = 'check_violation';
    end if;
    if new.given_at is not null and (tg_op = 'INSERT' or old.given_at is null) and (new.given_at > t or new.given_by_id is distinct from w.person) then
        raise exception 'an act cannot lie in the future' using errcode = 'check_violation';
    end if;
    if tg_op = 'INSERT' or (new.exception_approval, new.exception_reason, new.ask_again_at) is distinct from (old.exception_approval, old.exception_reason, old.ask_again_at) then
        if (new.exception_approval is not null or new.ask_again_at is not null) and not (coalesce(btrim(new.exception_reason), '') <> '' and new.ask_again_at <= t + interval '7 days' and exists (
                select 1 from public.approval a where a.id = new.exception_approval and a.matter_id = new.matter_id and a.act = 'impediment' and a.state = 'used' and a.used_at = t)) then
            raise exception 'not approved' using errcode = 'check_violation', hint = 'impediment';
        end if;
    end if;
    return new;
end $$;
create trigger gate before insert or update on public.measure_notice for each row execute function access.notice_gate();

-- ── conditions of a published move ─────────────────────────────────────────────────────────────────────────────────
create function access.compares(value jsonb, guard jsonb) returns boolean language sql immutable set search_path = pg_catalog, pg_temp as $$
-- the value operators of engines/playbooks/guards.py that can be told from one value
    with x as (select case when value is null or value in ('null', '""', '[]') then null else value end as filled,
                      case jsonb_typeof(value) when 'array' then to_jsonb(jsonb_array_length(value)) else value end as measured)
    select coalesce(bool_and(coalesce(case k.key
        when 'is' then value = k.want when 'is_not' then filled is not null and value <> k.want
        when 'in' then k.want @> jsonb_build_array(value) when 'not_in' then filled is not null and not k.want @> jsonb_build_array(value)
        when 'has' then jsonb_typeof(value) = 'array' and value @> jsonb_build_array(k.want)
        when 'present' then filled is not null when 'absent' then filled is null
        else case when jsonb_typeof(measured) = 'number' and jsonb_typeof(k.want) = 'number' then case k.key
            when 'lt' then measured < k.want when 'le' then measured <= k.want when 'gt' then measured > k.want when 'ge' then measured >= k.want else true end
            when jsonb_typeof(measured) = 'string' and jsonb_typeof(k.want) = 'string' then case k.key
            when 'lt' then (measured#>>'{}') collate "C" < (k.want#>>'{}') when 'le' then (measured#>>'{}') collate "C" <= (k.want#>>'{}')
            when 'gt' then (measured#>>'{}') collate "C" > (k.want#>>'{}') when 'ge' then (measured#>>'{}') collate "C" >= (k.want#>>'{}') else true end
            else k.key not in ('lt', 'le', 'gt', 'ge') end end, false)), true)
    from x, jsonb_each(guard) k (key, want) where k.key <> 'of' $$;

create function access.guard_holds(m bigint, guard jsonb) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- what the database can answer by itself: what was told, and a field of the matter's one form. The rest is the engine's word.
    select case
        when guard ? 'rights' then access.was_told(m, guard->'rights'->>'told')
        when guard ? 'field' and not guard->'field' ?| array['each', 'some'] then (
            select coalesce(access.compares(f.data->split_part(guard->'field'->>'of', '.', 2), guard->'field') or f.by_body, access.compares(null, guard->'field'))
            from (select 1) one left join lateral (
                select s.data, exists (select 1 from public.form_submission b where b.matter_id = m and b.form = s.form and coalesce(b.data->>'_body', '') <> '') as by_body
                from public.form_submission s where s.matter_id = m and s.form = split_part(guard->'field'->>'of', '.', 1) order by s.revision desc limit 1) f on true)
        else true end $$;

create function access.handled_before(m bigint, who integer, in_kind text, was jsonb) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- whether a person acted in one of these roles, on a step or in the team, in the matters this one came from (access.part_of, for anybody)
    with recursive back as (
        select l.source_id as id, 1 as up from public.matter_link l where l.target_id = m
        union select l.source_id, b.up + 1 from public.matter_link l join back b on l.target_id = b.id where b.up < 6)
    select exists (
        select 1 from back join public.matter o on o.id = back.id and o.kind = in_kind
        where exists (select 1 from jsonb_array_elements(coalesce(o.state->'done', '[]')) d where d->>'person' = who::text and was ? (d->>'role'))
           or exists (select 1 from public.team t join public.team_member tm on tm.team_id = t.id
                      where t.matter_id = o.id and tm.person_id = who and (was ? tm.slot::text or exists (
                          select 1 from public.playbook_version v, jsonb_array_elements(v.content->'compositions') k, jsonb_array_elements(k->'slots') s
                          where v.sha = o.playbook_sha and s->>'code' = tm.slot and was ? (s->>'role'))))) $$;

create or replace function access.rights_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- at the end of the transaction: a decider's form is written with his step, after it
declare book jsonb; found jsonb; roles jsonb;
begin
    select v.content into book from public.matter mm join public.playbook_version v on v.code = mm.kind and v.version = mm.playbook_version where mm.id = new.matter_id;
    select x into found from jsonb_array_elements(book->'moves') x where x->>'code' = new.move;
    if found is null then return null; end if;
    -- one of the alternatives that the published move names must hold (政务处分法 43, 45; 监督执纪工作规则), whoever moved it
    if found->'when' @? '$[*][*] ? (exists (@.rights) || exists (@.field))' and not exists (
            select 1 from jsonb_array_elements(found->'when') alternative where not exists (
                select 1 from jsonb_array_elements(alternative) guard where not access.guard_holds(new.matter_id, guard))) then
        if found->'when' @? '$[*][*].rights' then
            raise exception 'what the person must be told first was not told' using errcode = 'check_violation', hint = 'guard_rights';
        end if;
        raise exception 'the form does not bear this step out' using errcode = 'check_violation', hint = 'guard_field';
    end if;
    -- prior handling bars the roles that the playbook names: nobody makes a step for which no other role is left to him
    if book ? 'prior' then
        select coalesce(found->'who', (select s->'roles' from jsonb_array_elements(book->'stages') s where s->>'code' = new.from_stage), '[]') into roles;
        if roles <> '[]' and not exists (
                select 1 from jsonb_array_elements_text(roles) r where not exists (
                    select 1 from jsonb_array_elements(book->'prior') bar
                    where bar->>'role' = r and access.handled_before(new.matter_id, new.person_id, bar->>'kind', bar->'was'))) then
            raise exception 'whoever handled the original takes no part in its review' using errcode = 'check_violation', hint = 'prior_handling';
        end if;
    end if;
    return null;
end $$;
revoke all on function access.compares(jsonb, jsonb) from public;
grant execute on function access.compares(jsonb, jsonb) to {keeper};
select access.settle();
