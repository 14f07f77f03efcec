-- Mends of the kernel's doors: forms filled from a parent, numbers of the matter's own series only, ownership only as approved,
-- and people who only serve for a time: they see what they were given, not what the room sees.

select access.bind_table('public.form_fill');
revoke insert, update on public.form_fill from {web}, {job};
create function access.fill_form(parent bigint, child bigint, form_code text, fields jsonb) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by the step of the parent that spawned the child, in its transaction
begin
    if not access.moved_now(parent, 'write') or not exists (
            select 1 from public.matter_link l where l.source_id = parent and l.target_id = child and l.created_at = access.now()) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.form_fill (id, matter_id, form, data, at) values (access.new_id(), child, form_code, fields, access.now())
    on conflict on constraint a_form_filled_once do update set data = excluded.data;
end $$;
revoke all on function access.fill_form(bigint, bigint, text, jsonb) from public;
grant execute on function access.fill_form(bigint, bigint, text, jsonb) to {web}, {job};

create or replace function access.next_number(series_name text, pattern text, m bigint) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- pattern holds {year} and {n}. The counter's row lock makes the series gap-free: a rolled-back use never happened.
-- Only series of the matter itself: those its playbook publishes and its letters, of its owner and its circles; and the
-- receiver's receipts, drawn by who hands the matter over.
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
    txt := replace(replace(pattern, '{year}', y::text), '{n}', n::text);
    insert into public.number_use (id, series, year, number, text, matter_id, state, void_reason, at)
    values (access.new_id(), series_name, y, n, txt, m, 'used', '', access.now());
    return txt;
end $$;

create or replace function access.move_ownership(m bigint, to_body integer, approval bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by a playbook step: only on an approval of this very matter, or back to a body that owned it before
declare t timestamptz := access.now(); w record := access.who(); room integer; old public.matter;
begin
    select * into old from public.matter where id = m;
    if not (access.may(m, 'write') or access.may(m, 'approve')) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if not exists (select 1 from public.approval a where a.id = approval and a.matter_id = m and a.state in ('approved', 'used')
                   -- an approval that names the body moves it there and nowhere else
                   and coalesce(nullif(a.what->>'body', ''), nullif(a.what->>'receiver', ''), to_body::text) = to_body::text)
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

-- front-line posts, temporary posts, learners, sent-down cadres, pairs: grants by matter only (catalogue, corrections S0-24)
create function access.only_by_name(posting_kind text) returns boolean language sql immutable as
$$ select posting_kind in ('front_line', 'temporary_post', 'follow_class', 'train_by_work', 'sent_down', 'pair') $$;
revoke all on function access.only_by_name(text) from public;
grant execute on function access.only_by_name(text) to {keeper};
create or replace function access.principals(who integer, capacity bigint, t timestamptz)
    returns table (p integer[], me integer[]) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with serving as (
        select po.* from public.posting po
        where po.person_id = who and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
    ), held as (
        select * from serving where confirmed_by_id is not null and (capacity is null or id = capacity or kind = 'regular')
    ), settled as (   -- who serves for a time sees what he was given by name or through a team, never what the room or the body sees
        select * from held where not access.only_by_name(kind)
    ), team as (
        select tm.team_id from public.team_member tm join public.team te on te.id = tm.team_id
        where tm.person_id = who and tm.starts_at <= t and (tm.ends_at is null or t < tm.ends_at)
          and te.starts_at <= t and (te.ends_at is null or t < te.ends_at)
    ), area as (
        select a.id from public.area a
        where a.lead_body_id in (select body_id from settled)
          and a.valid_from <= access.day(t) and (a.valid_to is null or access.day(t) < a.valid_to)
    )
    select array(select x from (
               select who as x union select body_id from settled union select room_id from settled union select office_id from settled
               union select team_id from team union select id from area) every_one
               where x is not null and exists (select 1 from held) order by 1),
           array(select who union select body_id from serving union select coalesce(home_body_id, body_id) from serving order by 1)
$$;
create or replace function access.notify(m bigint, principals integer[], what text, detail jsonb default '{}', must boolean default false)
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
            and not access.only_by_name(po.kind) and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
          union
          select tm.person_id from public.team_member tm where tm.team_id = any (principals)
            and tm.starts_at <= t and (tm.ends_at is null or t < tm.ends_at)) x
    where not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.person and r.state = 'in_force'
                      and r.starts_at <= t and t < r.ends_at)
      and x.person is distinct from w.person;
    get diagnostics n = row_count;
    return n;
end $$;

select access.settle();
