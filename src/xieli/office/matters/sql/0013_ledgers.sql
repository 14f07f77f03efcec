-- A ledger's leads are opened in half the time: one random seed a statement instead of one a row, one question a grant instead
-- of three, and the caches of all matters of a statement reckoned together.

create function access.id_from(seed bytea, what integer, i bigint) returns bigint language sql immutable
-- The i-th id of a kind under a seed: as random as new_id's, which asks the system for randomness every time. The seed, four
-- of those, is drawn for one statement and kept nowhere, so that no id tells another.
    return (('x' || encode(substr(sha256(seed || int4send(what) || int8send(i)), 1, 8), 'hex'))::bit(64)::bigint & 2305843009213693951) | 2305843009213693952;
revoke all on function access.id_from(bytea, integer, bigint) from public;
grant execute on function access.id_from(bytea, integer, bigint) to {keeper};
create or replace function access.before_grant() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
-- Asked of every grant: what one question can answer is one question, and no setting is changed for the length of a row.
declare rest record; recusals boolean; is_person boolean; allowed text[];
begin
    if tg_op = 'UPDATE' then
        if (new.id, new.matter_id, new.principal, new.kind, new.acts, new.starts_at, new.basis, new.granted_by, new.approver, new.recorded_at, new.posting)
           is distinct from
           (old.id, old.matter_id, old.principal, old.kind, old.acts, old.starts_at, old.basis, old.granted_by, old.approver, old.recorded_at, old.posting)
           or new.ends_at > old.ends_at or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
            raise exception 'a grant is cut short or revoked, never changed' using errcode = 'check_violation';
        end if;
        return new;
    end if;
    allowed := case new.kind
        when 'handler' then '{read,write,grant,handover,close,export,note}'::text[] when 'team' then '{read,write,note,export}'::text[]
        when 'leader' then '{read,approve,note,grant,handover}'::text[] when 'approver' then '{read,approve,note}'::text[]
        when 'dispatched' then '{read,write,note}'::text[] when 'reviewer' then '{read,note,approve}'::text[]
        when 'receiver' then '{read,write,grant,handover,close,export,note}'::text[] when 'sender' then '{read,note}'::text[]
        when 'break_glass' then '{read}'::text[] else '{}'::text[] end;
    if not new.acts::text[] <@ allowed or new.acts = '{}' then
        raise exception 'a grant of kind % does not carry %', new.kind, new.acts using errcode = 'check_violation';
    end if;
    select exists (select 1 from public.recusal where matter_id = new.matter_id), exists (select 1 from public.person where id = new.principal) into recusals, is_person;
    if recusals and access.barred(new.matter_id, new.principal) then
        raise exception 'recused' using errcode = 'check_violation', hint = 'recusal first';
    end if;
    -- twelve months are reckoned alike for every session
    new.ends_at := least(new.ends_at, case new.kind when 'break_glass' then new.starts_at + interval '4 hours'
                                      else (new.starts_at at time zone 'UTC' + interval '12 months') at time zone 'UTC' end);
    new.posting := null;
    if is_person then
        -- the posting it rests on: in the owning body first, then the longest; the grant ends with it
        select po.id, po.ends_at into rest from public.posting po, public.matter mm
        where mm.id = new.matter_id and po.person_id = new.principal and po.confirmed_by_id is not null
          and po.starts_at <= new.starts_at and (po.ends_at is null or new.starts_at < po.ends_at)
        order by (po.body_id = mm.owner_body_id) desc, coalesce(po.ends_at, 'infinity') desc, po.id limit 1;
        new.posting := rest.id;
        new.ends_at := least(new.ends_at, rest.ends_at);
    end if;
    return new;
end $$;
create or replace function access.refresh_added() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- What one statement adds is looked at once a matter, not once a row: a ledger opens thousands of them. The body is that of
-- access.caches, written out for many matters at once (tests compare the two).
declare ms bigint[] := array(select distinct matter_id from added order by 1); t timestamptz := access.now();
begin
    if cardinality(ms) = 1 then
        perform access.refresh(ms[1]);
        return null;
    end if;
    perform 1 from public.matter where id = any (ms) order by id for update;
    update public.matter mm set acl = c.acl, deny = c.deny, sure_until = c.sure_until
    from unnest(ms) x(id) cross join lateral (
        with g as (
            select principal, starts_at, least(ends_at, revoked_at) as stops from public.matter_grant
            where matter_id = x.id and 'read' = any (acts) and starts_at < least(ends_at, revoked_at) and t < least(ends_at, revoked_at)
        ), r as (select principal, starts_at, ends_at from public.recusal where matter_id = x.id and state = 'in_force' and t < ends_at)
        select array(select distinct principal from g order by 1) as acl,
               array(select distinct principal from r where starts_at <= t order by 1) as deny,
               case when exists (select 1 from g where t < starts_at) then timestamptz 'epoch'
                    else coalesce((select min(b) from (select stops as b from g union all select starts_at from r union all select ends_at from r) y
                                   where t < b), timestamptz '9999-01-01 00:00:00+00') end as sure_until) c
    where mm.id = x.id and (mm.acl, mm.deny, mm.sure_until) is distinct from (c.acl, c.deny, c.sure_until);
    return null;
end $$;
create or replace function access.post_ledger_rows(batch bigint, head jsonb, entries jsonb) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Leads of one ledger, opened together: what open_matter, make_move('start') and next_number do one by one, with the same
-- conditions. `head` holds what all share, `entries` the rows; the answer is the matters in the order of the rows.
declare w record := access.who(); seed bytea := int8send(access.new_id()) || int8send(access.new_id()) || int8send(access.new_id()) || int8send(access.new_id()); far constant timestamptz := '9999-01-01 00:00:00+00'; n integer := jsonb_array_length(entries);
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
    ids := array(select access.id_from(seed, 1, i) from generate_series(1, n) i);
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
        select access.id_from(seed, 2, u.i), head->>'number_key', y, last_number - blank + row_number() over (order by u.i), m.number, m.id, 'used', '', w.t
        from unnest(ids) with ordinality u(id, i) join public.matter m on m.id = u.id where m.series <> '';
    end if;
    -- one owner, one room: handlers and leaders of the line are the same for all; no recusal stands before there are subjects
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.id_from(seed, 100 + g.k, m.i), m.id, g.principal, g.kind, g.acts, w.t, g.ends_at, g.basis, '', g.granted_by, w.t from unnest(ids) with ordinality m(id, i), (
        select y.*, (row_number() over ())::integer as k from (
        select x as principal, 'handler' as kind, '{read,write,grant,handover,close,export,note}'::text[] as acts, far as ends_at, 'opened' as basis, w.person as granted_by
        from unnest(handlers) x
        union all select o, 'leader', '{read,approve,note}', w.t + interval '12 months', 'line', 0 from access.line_offices_of(owner, room) o) y) g;
    with moved as (
        insert into public.matter_move (id, matter_id, move, from_stage, to_stages, person_id, body_id, approval_id, reason, at, happened_at, by_tx)
        select access.id_from(seed, 3, m.i), m.id, 'start', '', opened, w.person, null, null, '', w.t, w.t, pg_current_xact_id()::text from unnest(ids) with ordinality m(id, i)
        returning id, matter_id)
    insert into public.matter_stage (id, matter_id, token, stage, body_id, state, opened_at, opened_by)
    select access.id_from(seed, 1000 + (x->>'id')::integer, v.id), v.matter_id, (x->>'id')::integer, x->>'stage', nullif(x->>'body', '')::integer, 'open', w.t, v.id
    from moved v, jsonb_array_elements(its_state->'tokens') x;
    insert into public.matter_subject (id, matter_id, kind, name, id_digest, id_sealed, id_tail, unit_body_id, unit_name, post, cadre_rank, dual_managed, role)
    select access.id_from(seed, 4, u.i), u.id, 'person', a.e->>'subject', case when a.e->>'id' <> '' then access.keyed('identity', convert_to(a.e->>'id', 'UTF8')) end,
           case when a.e->>'id' <> '' then access.seal_identity(a.e->>'id') end, right(coalesce(a.e->>'id', ''), 4),
           (a.e->>'unit_body')::integer, coalesce(a.e->>'unit_name', ''), coalesce(a.e->>'post', ''), coalesce(a.e->>'rank', ''), false, 'subject'
    from unnest(ids) with ordinality u(id, i) join jsonb_array_elements(entries) with ordinality a(e, i) using (i);
    insert into public.imported_matter (id, batch_id, matter_id, row_number)
    select access.id_from(seed, 5, u.i), batch, u.id, (a.e->>'at')::integer
    from unnest(ids) with ordinality u(id, i) join jsonb_array_elements(entries) with ordinality a(e, i) using (i);
    return ids;
end $$;
select access.settle();
