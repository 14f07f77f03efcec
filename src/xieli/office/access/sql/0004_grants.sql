-- Writing the truth about who may do what. A grant is added, cut short or revoked, never changed; it has a basis, a kind that
-- bounds its acts, an end at most twelve months off, and it rests on the posting of the person it names.

create function access.holds_office(who integer, office_code text, body integer) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.posting po join public.office o on o.id = po.office_id
                   where po.person_id = who and po.body_id = body and po.confirmed_by_id is not null and o.code = office_code
                     and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)) $$;

create function access.holds_any_office(who integer, codes text[]) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(exists (select 1 from public.posting po join public.office o on o.id = po.office_id
                   where po.person_id = who and po.confirmed_by_id is not null and o.code = any (codes)
                     and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)), false) $$;

-- recused or under such a request: receives nothing new. A body's recusal reaches whoever serves in it or is lent by it.
create function access.barred(m bigint, whom integer) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.recusal r where r.matter_id = m and r.state in ('in_force', 'raised') and access.now() < r.ends_at
                     and (r.principal = whom or r.principal in (
                          select b from public.posting po, unnest(array[po.body_id, po.home_body_id]) b
                          where po.person_id = whom and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)))) $$;

create function access.before_grant() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$   -- twelve months are reckoned alike for every session
declare rest record; allowed text[];
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
        when 'handler' then '{read,write,grant,handover,close,export,note}' when 'team' then '{read,write,note,export}'
        when 'leader' then '{read,approve,note,grant,handover}' when 'approver' then '{read,approve,note}'
        when 'dispatched' then '{read,write,note}' when 'reviewer' then '{read,note,approve}'
        when 'receiver' then '{read,write,grant,handover,close,export,note}' when 'sender' then '{read,note}'
        when 'break_glass' then '{read}' else '{}' end::text[];
    if not new.acts::text[] <@ allowed or new.acts = '{}' then
        raise exception 'a grant of kind % does not carry %', new.kind, new.acts using errcode = 'check_violation';
    end if;
    if exists (select 1 from public.recusal where matter_id = new.matter_id) and access.barred(new.matter_id, new.principal) then
        raise exception 'recused' using errcode = 'check_violation', hint = 'recusal first';
    end if;
    new.ends_at := least(new.ends_at, new.starts_at + case new.kind when 'break_glass' then interval '4 hours' else interval '12 months' end);
    new.posting := null;
    if exists (select 1 from public.person where id = new.principal) then
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
create trigger before_grant before insert or update on public.matter_grant for each row execute function access.before_grant();

-- a posting that ends takes with it what rested on it; prolonged later, it brings nothing back
create function access.posting_ends() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t timestamptz := access.now(); stop timestamptz;
begin
    stop := case when tg_op = 'DELETE' or new.confirmed_by_id is null or new.person_id <> old.person_id then t
                 else coalesce(new.ends_at, 'infinity') end;
    update public.matter_grant set revoked_at = t where posting = old.id and revoked_at is null and stop <= starts_at and t < ends_at;
    update public.matter_grant set ends_at = stop where posting = old.id and revoked_at is null and starts_at < stop and stop < ends_at;
    return null;
end $$;
create trigger ends after update or delete on public.posting for each row execute function access.posting_ends();

-- ── leaders of the line ────────────────────────────────────────────────────────────────────────────────────────────
-- Generated, each with an end: the head of the owning body, the head of the owning room, the offices whose line covers the
-- room or the body. Nobody sees "all": the sweeper renews for open matters, and a line that moved is not renewed.
create function access.line_offices_of(body integer, room integer) returns setof integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.id from public.office o
    where ((o.body_id = body and o.code = 'head') or (o.room_id = room and o.code = 'room_head')
        or exists (select 1 from public.office_line_room l where l.office_id = o.id and l.room_id = room)
        or exists (select 1 from public.office_line_body l where l.office_id = o.id and l.body_id = body))
      and o.valid_from <= access.day(access.now()) and (o.valid_to is null or access.day(access.now()) < o.valid_to) $$;
create function access.line_offices(m bigint) returns setof integer language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o from public.matter mm, access.line_offices_of(mm.owner_body_id, mm.owner_room_id) o where mm.id = m $$;
create function access.line(m bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t timestamptz := access.now(); n integer;
begin
    update public.matter_grant set revoked_at = t where matter_id = m and kind = 'leader' and basis = 'line' and revoked_at is null and t < ends_at
       and principal not in (select access.line_offices(m));
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), m, o, 'leader', '{read,approve,note}', t, t + interval '12 months', 'line', '', 0, t
    from access.line_offices(m) o
    where exists (select 1 from public.matter where id = m and status = 'open') and not access.barred(m, o)
      and not exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = o and g.kind = 'leader' and g.basis = 'line'
                      and g.revoked_at is null and t < g.ends_at);
    get diagnostics n = row_count;
    return n;
end $$;
create function access.line_of_matter() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform access.line(new.id);
    return null;
end $$;
create trigger line after update of owner_body_id, owner_room_id on public.matter for each row
    when (new.owner_body_id <> old.owner_body_id or new.owner_room_id is distinct from old.owner_room_id) execute function access.line_of_matter();
create function access.line_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare moved jsonb := to_jsonb(coalesce(new, old));
begin
    perform access.line(mm.id) from public.matter mm where mm.status = 'open'
       and (mm.owner_room_id = (moved->>'room_id')::integer or mm.owner_body_id = (moved->>'body_id')::integer);
    return null;
end $$;
create trigger line after insert or delete on public.office_line_room for each row execute function access.line_moves();
create trigger line after insert or delete on public.office_line_body for each row execute function access.line_moves();

-- ── services ───────────────────────────────────────────────────────────────────────────────────────────────────────
-- bound at its making and not a definer's: it is planned into the statement that asks for thousands
create function access.new_id() returns bigint language sql volatile
    return (('x' || encode(substr(sha256(uuid_send(gen_random_uuid())), 1, 8), 'hex'))::bit(64)::bigint & 2305843009213693951) | 2305843009213693952;
grant execute on function access.new_id() to {keeper}, {web}, {job};

create function access.open_matter(fields jsonb, parent bigint default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- A new matter with its first grants. For one's own body: handler, to the opener and, if he names it, his room. For another
-- body, spawned from a parent on which the opener may write: receiver, to the room named or else to the other body's
-- case-management desk (its head, if it has none), and sender to the opener. Level and compartments come from the parent
-- unless stated. The leaders of the line follow.
declare w record := access.who(); m bigint := access.new_id(); far constant timestamptz := '9999-01-01 00:00:00+00';
        owner integer := (fields->>'owner_body')::integer; room integer := (fields->>'owner_room')::integer;
        from_parent public.matter; its_level smallint; its_comps integer[]; desk integer[];
begin
    if w.person is null then raise exception 'no session' using errcode = 'insufficient_privilege'; end if;
    if owner is null or (parent is not null and not access.may(parent, 'read'))
       or (not (owner = any (w.p)) and (parent is null or not access.may(parent, 'write'))) then
        raise exception 'a matter is opened for one''s own body' using errcode = 'insufficient_privilege';
    end if;
    if room is not null and not exists (select 1 from public.room r where r.id = room and r.body_id = owner) then
        raise exception 'the room belongs to another body' using errcode = 'check_violation';
    end if;
    select * into from_parent from public.matter where id = parent;
    its_level := coalesce((fields->>'level')::smallint, from_parent.level, 0);
    its_comps := case when jsonb_typeof(fields->'comps') = 'array'
                      then array(select distinct c::integer from jsonb_array_elements_text(fields->'comps') c order by 1)
                      else coalesce(from_parent.comps, '{}') end;
    if its_level > w.lvl or not its_comps <@ w.comps then
        raise exception 'above the opener''s clearance' using errcode = 'insufficient_privilege';
    end if;
    insert into public.matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level,
            status, stages, series, number, urgent, source, source_grade, opened_at, received_on, close_kind, row_version,
            acl, deny, comps, sure_until, grams)
    values (m, fields->>'kind', (fields->>'playbook_version')::integer, fields->>'playbook_sha', fields->>'title',
            coalesce(fields->>'summary', ''), owner, room, its_level, 'open', '{}',
            coalesce(fields->>'series', ''), coalesce(fields->>'number', ''), coalesce((fields->>'urgent')::boolean, false),
            coalesce(fields->>'source', ''), coalesce(fields->>'source_grade', ''), w.t, (fields->>'received_on')::date, '', 1,
            '{}', '{}', its_comps, far,
            coalesce((select array_agg(distinct g) from jsonb_array_elements_text(fields->'grams') g), '{}'));
    if owner = any (w.p) then
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        select access.new_id(), m, x, 'handler', '{read,write,grant,handover,close,export,note}', w.t, far,
               coalesce(nullif(fields->>'basis', ''), 'opened'), '', w.person, w.t
        from unnest(array_remove(array[w.person, case when room = any (w.p) then room end], null)) x;
    else
        desk := case when room is not null then array[room]
                     else array(select o.id from public.office o where o.body_id = owner and o.code = 'case_duty') end;
        if desk = '{}' then desk := array(select o.id from public.office o where o.body_id = owner and o.code = 'head'); end if;
        insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
        select access.new_id(), m, x, 'receiver', '{read,write,grant,handover,close,export,note}'::varchar[], w.t, far, 'opened', '', w.person, w.t
        from unnest(desk) x
        union all select access.new_id(), m, w.person, 'sender', '{read,note}'::varchar[], w.t, far, 'opened', '', w.person, w.t;
    end if;
    perform access.line(m);
    return m;
end $$;

create function access.give(m bigint, to_principal integer, grant_kind text, may_do text[], t_from timestamptz, t_to timestamptz,
                            grant_basis text, why text, approved_by integer default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- One more knower. The giver holds `grant` on the matter; what reaches himself (his person, room, office, team, body) he must
-- already hold; a principal recused or under such a request receives nothing (security.md §2.1). Nothing begins in the past.
declare w record := access.who(); g bigint := access.new_id(); act text;
begin
    if w.person is null or not access.may(m, 'grant') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if not access.moved_now(m, 'write') then perform access.require_fresh(); end if;   -- what a move entails was proved with it
    if coalesce(grant_basis, '') = '' then raise exception 'a grant needs a basis' using errcode = 'check_violation'; end if;
    if grant_basis = 'line' or grant_kind = 'break_glass' then
        raise exception 'this kind has its own door' using errcode = 'check_violation';
    end if;
    if to_principal = any (w.p || w.me) then
        foreach act in array may_do loop
            if not access.may(m, act) then raise exception 'nobody grants himself' using errcode = 'insufficient_privilege'; end if;
        end loop;
    end if;
    if not access.is_principal(m, to_principal) then raise exception 'no such principal' using errcode = 'check_violation'; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, approver, granted_by, recorded_at)
    values (g, m, to_principal, grant_kind, may_do, greatest(coalesce(t_from, w.t), w.t),
            coalesce(t_to, timestamptz '9999-01-01 00:00:00+00'), grant_basis, coalesce(why, ''), approved_by, w.person, w.t);
    return g;
end $$;
-- a person, body, room, office, area; of teams only those of this matter and standing ones (another matter's do not exist)
create function access.is_principal(m bigint, x integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.person where id = x) or exists (select 1 from public.body where id = x)
        or exists (select 1 from public.room where id = x) or exists (select 1 from public.office where id = x)
        or exists (select 1 from public.area where id = x)
        or exists (select 1 from public.team where id = x and (matter_id is null or matter_id = m)) $$;

create function access.revoke(g bigint, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- By who holds `grant` on the matter, or by the person it names. Leaders of the line are not shut out by those they lead,
-- and the last who may grant does not leave: he hands over first.
declare w record := access.who(); r public.matter_grant;
begin
    select * into r from public.matter_grant where id = g;
    if w.person is null or r.id is null or not (access.may(r.matter_id, 'grant') or (r.principal = w.person and access.may(r.matter_id, 'read'))) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if r.kind = 'leader' and r.basis = 'line' then
        raise exception 'the line is moved where it is drawn' using errcode = 'check_violation';
    end if;
    if 'grant' = any (r.acts) and r.revoked_at is null and not exists (select 1 from public.matter_grant o where o.matter_id = r.matter_id and o.id <> g
           and 'grant' = any (o.acts) and o.revoked_at is null and o.starts_at <= w.t and w.t < o.ends_at) then
        raise exception 'the last who may grant hands over first' using errcode = 'check_violation';
    end if;
    update public.matter_grant set revoked_at = w.t, reason = concat_ws(' · ', nullif(reason, ''), why)
    where id = g and revoked_at is null;
end $$;

create function access.set_level(m bigint, new_level smallint, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Raised by who may write, up to his own clearance; lowered only by who may approve.
declare w record := access.who();
begin
    if not access.may(m, 'write') and not access.may(m, 'approve') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if coalesce(why, '') = '' then raise exception 'a classification needs a basis' using errcode = 'check_violation'; end if;
    if new_level > w.lvl then raise exception 'above the giver''s clearance' using errcode = 'insufficient_privilege'; end if;
    if new_level < (select level from public.matter where id = m) and not access.may(m, 'approve') then
        raise exception 'a level is lowered by who may approve' using errcode = 'insufficient_privilege';
    end if;
    update public.matter set level = new_level where id = m;
end $$;
create function access.set_comps(m bigint, circles integer[], why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- A matter is drawn into a circle by who holds it and may grant; drawn out of one only by who may approve.
declare w record := access.who(); had integer[];
begin
    if not access.may(m, 'grant') and not access.may(m, 'approve') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if coalesce(why, '') = '' then raise exception 'a circle needs a basis' using errcode = 'check_violation'; end if;
    select comps into had from public.matter where id = m;
    if circles is null or not circles <@ w.comps then raise exception 'not held' using errcode = 'insufficient_privilege'; end if;
    if not had <@ circles and not access.may(m, 'approve') then
        raise exception 'a circle is left by approval' using errcode = 'insufficient_privilege';
    end if;
    update public.matter set comps = array(select distinct c from unnest(circles) c order by 1) where id = m;
end $$;
