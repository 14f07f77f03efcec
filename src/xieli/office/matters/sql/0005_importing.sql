-- Importing a ledger: the sealed are found without being kept, leads are opened many at a time, a batch is undone.

create function access.sealed_among(own integer, names text[], numbers text[]) returns integer[]
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- Which of these persons (counted from 1; a number in its normal form, or '') belong to the superior: the same question as
-- belongs_to_superior, asked of a whole ledger. For one's own body only.
declare w record := access.who(); held text[]; digests bytea[];
begin
    if w.person is null or not (own = any (w.p)) then raise exception 'a matter is opened for one''s own body' using errcode = 'insufficient_privilege'; end if;
    select coalesce(array_agg(distinct p.name::text), '{}'), coalesce(array_agg(distinct p.id_digest) filter (where p.id_digest is not null), '{}') into held, digests
    from public.posting po join public.office o on o.id = po.office_id join public.person p on p.id = po.person_id
    where po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
      and ((o.code = 'head' and po.body_id = own)
           or (o.code in ('head', 'deputy') and po.body_id in (access.body_at(own, 'next_up'), access.body_at(own, 'province'), access.body_at(own, 'national'))));
    return array(select i::integer from unnest(names, numbers) with ordinality as u(name, number, i)
                 where case when coalesce(u.number, '') = '' then u.name = any (held)
                            else access.keyed('identity', convert_to(u.number, 'UTF8')) = any (digests) end order by 1);
end $$;

create function access.post_ledger(batch bigint, head jsonb, entries jsonb) returns bigint[]
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
    -- running numbers for rows without one of their own: one lock on the counter, no gaps
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
                (last_number - blank + count(*) filter (where coalesce(x.e->>'number', '') = '') over (order by x.i))::text) else x.e->>'number' end,
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

create function access.undo_import(batch bigint) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Within 24 hours, by whom it was, and only while nobody has worked on any of its matters. Their numbers become void.
declare w record := access.who(); bb public.import_batch; ids bigint[];
begin
    select * into bb from public.import_batch where id = batch and person_id = w.person for update;
    if w.person is null or bb.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if bb.undone_at is not null then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if w.t > bb.at + interval '24 hours' then raise exception 'an import is undone within 24 hours' using errcode = 'check_violation'; end if;
    ids := array(select matter_id from public.imported_matter where batch_id = batch);
    perform 1 from public.matter where id = any (ids) order by id for update;
    if exists (select 1 from public.matter where id = any (ids) and row_version <> 2)
       or exists (select 1 from public.matter_move where matter_id = any (ids) group by matter_id having count(*) > 1)
       or exists (select 1 from public.matter_grant where matter_id = any (ids) and recorded_at <> bb.at) then
        raise exception 'the import has been worked on' using errcode = 'check_violation';
    end if;
    begin
        delete from public.imported_matter where batch_id = batch;
        delete from public.matter_work where matter_id = any (ids);
        delete from public.matter where id = any (ids);
        delete from public.matter_grant where matter_id = any (ids);
        delete from public.recusal where matter_id = any (ids);
        delete from public.matter_subject where matter_id = any (ids);
        delete from public.matter_stage where matter_id = any (ids);
        delete from public.matter_move where matter_id = any (ids);
        set constraints all immediate;
    exception when foreign_key_violation then
        raise exception 'the import has been worked on' using errcode = 'check_violation';
    end;
    set constraints all deferred;
    update public.number_use set state = 'void', void_reason = 'import undone 导入已撤销', matter_id = null where matter_id = any (ids);
    update public.import_batch set undone_at = w.t where id = batch;
    return ids;
end $$;

create index matter_subject_name on public.matter_subject (name);
revoke all on function access.sealed_among(integer, text[], text[]), access.post_ledger(bigint, jsonb, jsonb), access.undo_import(bigint) from public;
grant execute on function access.sealed_among(integer, text[], text[]), access.post_ledger(bigint, jsonb, jsonb), access.undo_import(bigint) to {web}, {job};
select access.settle();
