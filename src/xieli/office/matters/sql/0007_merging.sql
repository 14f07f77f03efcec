-- Merging bodies: one function moves everything, for the command line and for the screen; on the screen two persons stand behind it.
select access.open_table('public.body_merge');

create function access.carry_out_merge(old integer, heir integer, day date) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Open matters, debts and parcels on their way go to the successor; old papers keep the old name. Returns what moved.
declare t timestamptz := access.now(); far constant timestamptz := '9999-01-01 00:00:00+00'; ids bigint[]; debts integer; parcels integer; children integer; areas integer;
        ob public.body; desk integer;
begin
    select * into ob from public.body where id = old for update;
    if ob.id is null or ob.valid_to is not null or not exists (select 1 from public.body where id = heir and valid_to is null) then
        raise exception 'that body no longer exists' using errcode = 'check_violation';
    end if;
    if old = heir or exists (with recursive b as (select id from public.body where parent_id = old union select x.id from public.body x join b on x.parent_id = b.id)
                             select 1 from b where id = heir) then
        raise exception 'a successor is neither the body itself nor below it' using errcode = 'check_violation';
    end if;
    if day > access.day(t) then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    ids := array(select id from public.matter where owner_body_id = old and status = 'open' order by id for update);
    if exists (select 1 from public.recusal r where r.matter_id = any (ids) and r.principal = heir and r.state in ('in_force', 'raised') and t < r.ends_at) then
        raise exception 'the receiver is recused' using errcode = 'check_violation', hint = 'recusal';
    end if;
    desk := access.desk_of(heir);
    insert into public.body_name (body_id, name_zh, name_en, initials, valid_from, valid_to) values (heir, ob.name_zh, ob.name_en, ob.initials, ob.valid_from, day);
    update public.matter_body set ends_at = t where matter_id = any (ids) and role = 'owner' and ends_at is null;
    insert into public.matter_body (id, matter_id, body_id, role, starts_at) select access.new_id(), x, heir, 'owner', t from unnest(ids) x;
    update public.matter set owner_body_id = heir, owner_room_id = nullif(desk, heir) where id = any (ids);
    -- rights of the old body's rooms, offices and of the body itself end; the successor's desk takes over
    update public.matter_grant set revoked_at = t where matter_id = any (ids) and revoked_at is null and t < ends_at and principal in
        (select old union select id from public.room where body_id = old union select id from public.office where body_id = old);
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), x, desk, 'handler', '{read,write,grant,handover,close,export,note}', t, far, 'org_merge', '', 0, t from unnest(ids) x where not access.barred(x, desk);
    update public.feedback_duty set owed_by_id = heir where owed_by_id = old and state = 'open';
    get diagnostics debts = row_count;
    update public.feedback_duty set owed_to_id = heir where owed_to_id = old and state = 'open';
    update public.handover set receiver_id = heir where receiver_id = old and state in ('sent', 'received', 'opened');
    get diagnostics parcels = row_count;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)
    select access.new_id(), h.matter_id, desk, 'receiver', '{read,handover}', t, t + interval '60 days', 'org_merge', '', 0, t
    from public.handover h where h.receiver_id = heir and h.state in ('sent', 'received', 'opened') and not exists (
        select 1 from public.matter_grant g where g.matter_id = h.matter_id and g.principal = desk and g.revoked_at is null and t < g.ends_at);
    update public.body set parent_id = heir where parent_id = old and valid_to is null and id <> heir;
    get diagnostics children = row_count;
    update public.area_body set valid_to = day where body_id = old and valid_to is null;
    get diagnostics areas = row_count;
    update public.area set lead_body_id = heir where lead_body_id = old and valid_to is null;
    insert into public.room_contact (room_id, body_id) select c.room_id, heir from public.room_contact c where c.body_id = old and not exists
        (select 1 from public.room_contact x where x.room_id = c.room_id and x.body_id = heir);
    update public.body set valid_to = day, successor_id = heir where id = old;
    return jsonb_build_object('matters', cardinality(ids), 'debts', debts, 'parcels', parcels, 'children', children, 'areas', areas,
        'still_posted', (select count(*) from public.posting where body_id = old and (ends_at is null or ends_at > t)));
end $$;

-- who asks: a system administrator; who confirms: the head of the body above the old one, another person
create function access.ask_merge(old integer, heir integer, day date, document text) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); i bigint := access.new_id(); a public.body; b public.body;
begin
    select * into a from public.body where id = old; select * into b from public.body where id = heir;
    if w.person is null or not access.holds_any_office(w.person, array['system_admin']) or a.id is null or b.id is null then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if coalesce(document, '') = '' then raise exception 'a merger needs its document' using errcode = 'check_violation'; end if;
    if a.valid_to is not null or b.valid_to is not null then raise exception 'that body no longer exists' using errcode = 'check_violation'; end if;
    if a.kind <> b.kind or a.rank <> b.rank then raise exception 'bodies of two kinds or ranks do not merge' using errcode = 'check_violation'; end if;
    if old = heir then raise exception 'a successor is neither the body itself nor below it' using errcode = 'check_violation'; end if;
    if day > access.day(w.t) then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    if exists (select 1 from public.body_merge m where m.old_id = old and m.done_at is null and m.refused_at is null) then
        raise exception 'the same request is waiting already' using errcode = 'unique_violation';
    end if;
    insert into public.body_merge (id, old_id, heir_id, on_day, document_no, asked_by_id, asked_at, result) values (i, old, heir, day, document, w.person, w.t, '{}');
    return i;
end $$;
create function access.may_confirm_merge(i bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select m.asked_by_id <> w.person and m.done_at is null and m.refused_at is null and access.holds_office(w.person, 'head', b.parent_id)
        from public.body_merge m join public.body b on b.id = m.old_id, access.who() w where m.id = i and w.person is not null), false) $$;
create function access.confirm_merge(i bigint, agreed boolean) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); m public.body_merge; found jsonb;
begin
    if not access.may_confirm_merge(i) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    select * into m from public.body_merge where id = i for update;
    if m.done_at is not null or m.refused_at is not null then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if not agreed then
        update public.body_merge set refused_at = w.t, confirmed_by_id = w.person where id = i;
        return '{}';
    end if;
    found := access.carry_out_merge(m.old_id, m.heir_id, m.on_day);
    update public.body_merge set done_at = w.t, confirmed_by_id = w.person, result = found where id = i;
    return found;
end $$;
revoke all on function access.carry_out_merge(integer, integer, date), access.ask_merge(integer, integer, date, text), access.may_confirm_merge(bigint),
    access.confirm_merge(bigint, boolean) from public;
grant execute on function access.ask_merge(integer, integer, date, text), access.may_confirm_merge(bigint), access.confirm_merge(bigint, boolean) to {web};
select access.settle();
