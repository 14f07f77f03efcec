-- Every printed number tells nothing (DESIGN §3: a running number only in series whose whole register the viewer may see). No register of a
-- body is seen whole by all who see some of it: a handler sees his own leads, and two running numbers told him how many came in between.
create or replace function access.next_number(series_name text, pattern text, m bigint) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- pattern holds {year} and {n}. The counter's row lock makes the series gap-free: a rolled-back use never happened.
-- Only series of the matter itself: those its playbook publishes and its letters, of its owner and its circles; and the
-- receiver's receipts, drawn by who hands the matter over. What is printed is the count scattered: it tells neither how many there are nor
-- in which order they came; the count behind it has no gaps.
declare y integer := extract(year from access.now() at time zone 'Asia/Shanghai'); n integer; txt text; mm public.matter; own text; wanted text := split_part(series_name, ':', 1);
begin
    select * into mm from public.matter where id = m;
    if (access.who()).person is null or mm.id is null
       or not (access.may(m, 'write') or access.may(m, 'handover') or access.may(m, 'export') or access.moved_now(m, 'write')) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    own := ':' || mm.owner_body_id || case when mm.comps = '{}' then '' else ':' || array_to_string(mm.comps, ',') end;
    if position('{n}' in pattern) = 0 or not (case when wanted = 'receipt' and split_part(series_name, ':', 3) = '' and not exists (
                select 1 from public.playbook_version v where v.code = mm.kind and v.version = mm.playbook_version and v.content->'series' @> '[{"code": "receipt"}]')
            then access.may(m, 'handover') and exists (select 1 from public.body b where b.id::text = split_part(series_name, ':', 2) and b.valid_to is null)
        else series_name = wanted || own and (wanted = 'letter' or exists (
                select 1 from public.playbook_version v where v.code = mm.kind and v.version = mm.playbook_version and v.content->'series' @> jsonb_build_array(jsonb_build_object('code', wanted)))) end) then
        raise exception 'no such series' using errcode = 'check_violation';
    end if;
    insert into public.number_series as s (series, year, last) values (series_name, y, 1)
    on conflict (series, year) do update set last = s.last + 1 returning last into n;
    txt := replace(replace(pattern, '{year}', y::text), '{n}', access.scattered(series_name, y, n)::text);
    insert into public.number_use (id, series, year, number, text, matter_id, state, void_reason, at)
    values (access.new_id(), series_name, y, n, txt, m, 'used', '', access.now());
    return txt;
end $$;
create or replace function access.post_ledger_rows(batch bigint, head jsonb, entries jsonb) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Leads of one ledger, opened together: what open_matter, make_move('start') and next_number do one by one, with the same
-- conditions. `head` holds what all share, `entries` the rows; the answer is the matters in the order of the rows.
declare w record := access.who(); far constant timestamptz := '9999-01-01 00:00:00+00'; n integer := jsonb_array_length(entries);
        ids bigint[]; owner integer := (head->>'owner_body')::integer; room integer := (head->>'owner_room')::integer;
        its_level smallint := (head->>'level')::smallint; its_state jsonb := head->'state'; opened text[]; handlers integer[]; hint integer[]; y integer; last_number integer; blank integer;
begin
    if w.person is null or owner is null or not (owner = any (w.p)) then
        raise exception 'a matter is opened for one''s own body' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from public.import_batch b where b.id = batch and b.person_id = w.person and b.body_id = owner and b.at = w.t and b.undone_at is null) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if room is not null and not exists (select 1 from public.room r where r.id = room and r.body_id = owner) then
        raise exception 'the room belongs to another body' using errcode = 'check_violation';
    end if;
    if its_level > w.lvl then raise exception 'above the opener''s clearance' using errcode = 'insufficient_privilege'; end if;
    if not exists (select 1 from public.playbook_version v where v.code = head->>'kind' and v.version = (head->>'playbook_version')::integer and v.sha = head->>'playbook_sha') then
        raise exception 'the state belongs to another playbook' using errcode = 'check_violation';
    end if;
    opened := array(select distinct x->>'stage' from jsonb_array_elements(its_state->'tokens') x order by 1);
    if its_state->>'playbook' is distinct from head->>'kind' or (its_state->>'version')::integer is distinct from (head->>'playbook_version')::integer
       or its_state->>'sha256' is distinct from head->>'playbook_sha' or its_state->>'result' is not null or opened = '{}'
       or not opened <@ array(select p.to_stage::text from public.playbook_move p where p.code = head->>'kind'
                              and p.version = (head->>'playbook_version')::integer and p.move = 'start' and p.from_stage = '') then
        raise exception 'no such move from here' using errcode = 'check_violation', hint = 'start';
    end if;
    if cardinality(access.sealed_among(owner, array(select e->>'subject' from jsonb_array_elements(entries) e), array(select e->>'id' from jsonb_array_elements(entries) e))) > 0 then
        raise exception 'it belongs to the superior' using errcode = 'check_violation';
    end if;
    ids := array(select access.new_id() from generate_series(1, n));
    handlers := array_remove(array[w.person, case when room = any (w.p) then room end], null);
    -- what the grants below will say of each; where a recusal or the end of a posting says otherwise, they correct it
    hint := array(select x from unnest(handlers || array(select access.line_offices_of(owner, room))) x group by x order by x);
    -- numbers for rows without one of their own: one lock on the counter, no gaps in the count; scattered like any other
    select count(*) into blank from jsonb_array_elements(entries) e where coalesce(e->>'number', '') = '';
    y := extract(year from w.t at time zone 'Asia/Shanghai');
    if blank > 0 then
        insert into public.number_series as s (series, year, last) values (head->>'number_key', y, blank)
        on conflict (series, year) do update set last = s.last + blank returning last into last_number;
    end if;
    insert into public.matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level, status, state, stages,
            series, number, urgent, source, source_grade, opened_at, received_on, close_kind, row_version, acl, deny, comps, sure_until, grams)
    select x.id, head->>'kind', (head->>'playbook_version')::integer, head->>'playbook_sha', x.e->>'title', coalesce(x.e->>'summary', ''), owner, room, its_level,
           'open', its_state, opened, case when coalesce(x.e->>'number', '') = '' then head->>'series' else '' end,
           case when coalesce(x.e->>'number', '') = '' then replace(replace(head->>'number_pattern', '{year}', y::text), '{n}',
                access.scattered(head->>'number_key', y, (last_number - blank + count(*) filter (where coalesce(x.e->>'number', '') = '') over (order by x.i))::integer)::text) else x.e->>'number' end,
           coalesce((x.e->>'urgent')::boolean, false), coalesce(x.e->>'source', ''), '', w.t, (x.e->>'received_on')::date, '', 2,
           hint, '{}', '{}', w.t + interval '12 months', array(select jsonb_array_elements_text(x.e->'grams'))
    from (select u.id, u.i, a.e from unnest(ids) with ordinality u(id, i) join jsonb_array_elements(entries) with ordinality a(e, i) using (i)) x;
    if blank > 0 then
        insert into public.number_use (id, series, year, number, text, matter_id, state, void_reason, at)
        select access.new_id(), head->>'number_key', y, last_number - blank + row_number() over (order by u.i), m.number, m.id, 'used', '', w.t
        from unnest(ids) with ordinality u(id, i) join public.matter m on m.id = u.id where m.series <> '';
    end if;
    -- one owner, one room: handlers and leaders of the line are the same for all; no recusal stands before there are subjects
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), m, g.principal, g.kind, g.acts, w.t, g.ends_at, g.basis, '', g.granted_by, w.t from unnest(ids) m, (
        select x as principal, 'handler' as kind, '{read,write,grant,handover,close,export,note}'::text[] as acts, far as ends_at, 'opened' as basis, w.person as granted_by
        from unnest(handlers) x
        union all select o, 'leader', '{read,approve,note}', w.t + interval '12 months', 'line', 0 from access.line_offices_of(owner, room) o) g;
    with moved as (
        insert into public.matter_move (id, matter_id, move, from_stage, to_stages, person_id, body_id, approval_id, reason, at, happened_at, by_tx)
        select access.new_id(), m, 'start', '', opened, w.person, null, null, '', w.t, w.t, pg_current_xact_id()::text from unnest(ids) m
        returning id, matter_id)
    insert into public.matter_stage (id, matter_id, token, stage, body_id, state, opened_at, opened_by)
    select access.new_id(), v.matter_id, (x->>'id')::integer, x->>'stage', nullif(x->>'body', '')::integer, 'open', w.t, v.id
    from moved v, jsonb_array_elements(its_state->'tokens') x;
    insert into public.matter_subject (id, matter_id, kind, name, id_digest, id_sealed, id_tail, unit_body_id, unit_name, post, cadre_rank, dual_managed, role)
    select access.new_id(), u.id, 'person', a.e->>'subject', case when a.e->>'id' <> '' then access.keyed('identity', convert_to(a.e->>'id', 'UTF8')) end,
           case when a.e->>'id' <> '' then access.seal_identity(a.e->>'id') end, right(coalesce(a.e->>'id', ''), 4),
           (a.e->>'unit_body')::integer, coalesce(a.e->>'unit_name', ''), coalesce(a.e->>'post', ''), coalesce(a.e->>'rank', ''), false, 'subject'
    from unnest(ids) with ordinality u(id, i) join jsonb_array_elements(entries) with ordinality a(e, i) using (i);
    insert into public.imported_matter (id, batch_id, matter_id, row_number)
    select access.new_id(), batch, u.id, (a.e->>'at')::integer
    from unnest(ids) with ordinality u(id, i) join jsonb_array_elements(entries) with ordinality a(e, i) using (i);
    return ids;
end $$;
select access.settle();
