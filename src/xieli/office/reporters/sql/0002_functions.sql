-- Who may what in the reporters' store. "Not visible" is one answer for what is hidden, forbidden or unknown; recusal comes first.

-- the offices that make a keeper or an approver; an asker is anybody who serves in the body
create function reporters.sides(whom integer, at_body integer) returns text[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select array_remove(array[
        case when access.holds_office(whom, 'keeper', at_body) then 'keeper' end,
        case when access.holds_office(whom, 'head', at_body) or access.holds_office(whom, 'deputy', at_body) then 'approver' end,
        case when exists (select 1 from public.posting po where po.person_id = whom and po.body_id = at_body and po.confirmed_by_id is not null
                          and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)) then 'asker' end], null) $$;
-- keys that count now: not retired, and the office still held; whoever leaves holds a key to nothing with the next query
create function reporters.live(at_body integer) returns setof reporters.holder language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.* from reporters.holder h join public.person p on p.id = h.person and p.active
    where h.body = at_body and h.retired_at is null and h.side = any (reporters.sides(h.person, h.body)) $$;
create function reporters.mine() returns setof reporters.holder language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.* from reporters.holder h, access.who() w where h.person = w.person and h.retired_at is null and h.side = any (reporters.sides(h.person, h.body)) $$;
-- of the team that handles the matter: whoever a handler's, team's, dispatched or receiver's grant reaches
create function reporters.handles(m bigint, whom integer) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.matter_grant g, access.principals(whom, null, access.now()) x
        where g.matter_id = m and g.kind in ('handler', 'team', 'dispatched', 'receiver') and g.principal = any (x.p)
          and g.starts_at <= access.now() and access.now() < g.ends_at and (g.revoked_at is null or access.now() < g.revoked_at)) $$;
create function reporters.bound() returns integer language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare x integer := (access.who()).person;
begin
    if x is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    return x;
end $$;
-- the live key of the bound person that serves a report's body, on one of these sides; no row for the recused
create function reporters.key_for(r bigint, wanted text[]) returns setof reporters.holder language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.* from reporters.report p join reporters.mine() h on h.body = p.body
    where p.id = r and h.side = any (wanted) and not access.barred(p.matter, h.person)
      and (h.side <> 'asker' or access.may(p.matter, 'read')) $$;
create function reporters.tell(persons integer[], what text, detail jsonb) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), p, null, what, detail, true, access.now() from unnest(persons) p where p is distinct from (access.who()).person $$;
-- every act is an event of its matter, without a word of what was typed: a reason could name the person
create function reporters.note(verb text, r bigint, detail jsonb) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    select audit.write(verb, detail || jsonb_build_object('code', p.code), array[p.matter], '{}', true) from reporters.report p where p.id = r $$;

-- ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────
create function reporters.make_key(at_body integer, at_side text, public_key bytea, sealed_key bytea, key_salt bytea) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- A new key takes the place of the person's old one, whose halves go with it: a colleague of the same side hands them on. Whoever was
-- once on one side never sits on the other: his old key and an old backup would open both halves.
declare me integer := reporters.bound(); n bigint;
begin
    if not at_side = any (reporters.sides(me, at_body)) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    perform access.require_fresh();
    if at_side <> 'asker' and exists (select 1 from reporters.holder h where h.person = me and h.side not in (at_side, 'asker')) then
        raise exception 'one person never holds both halves' using errcode = 'check_violation';
    end if;
    delete from reporters.half where holder in (select id from reporters.holder where person = me and body = at_body and retired_at is null);
    update reporters.holder set retired_at = access.now(), retired_why = 'replaced' where person = me and body = at_body and retired_at is null;
    insert into reporters.holder (person, body, side, public, sealed, salt, made_at)
    values (me, at_body, at_side, public_key, sealed_key, key_salt, access.now()) returning id into n;
    perform audit.write('reporter.key_made', jsonb_build_object('holder', n::text, 'side', at_side), '{}', '{}', true);
    return n;
end $$;
create function reporters.retire_key(h bigint, why text) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- by its owner, by the head of the body, or by the security administrator (who sees that it exists and nothing else)
declare me integer := reporters.bound(); x reporters.holder;
begin
    select * into x from reporters.holder where id = h and retired_at is null for update;
    if x.id is null or not (x.person = me or access.holds_office(me, 'head', x.body) or access.holds_any_office(me, array['security_admin'])) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if coalesce(why, '') = '' then raise exception 'say why the key ends' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    update reporters.holder set retired_at = access.now(), retired_why = why where id = h;
    delete from reporters.half where holder = h;
    perform audit.write('reporter.key_ended', jsonb_build_object('holder', h::text, 'person', x.person::text), '{}', '{}', true);
    return x.person;
end $$;
-- how the store of a body stands: counts and the public keys to which a new report is sealed
create function reporters.standing(at_body integer) returns table (id bigint, person integer, side text, public bytea, made_at timestamptz, holds bigint, lacks bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.id, h.person, h.side, h.public, h.made_at, (select count(*) from reporters.half x where x.holder = h.id),
           case when h.side = 'asker' then 0 else (select count(*) from reporters.report p where p.body = at_body and p.erased_at is null
                and not exists (select 1 from reporters.half x where x.holder = h.id and x.report = p.id)) end
    from reporters.live(at_body) h, access.who() w
    where exists (select 1 from public.posting po where po.person_id = w.person and po.body_id = at_body and po.confirmed_by_id is not null
                  and po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at))
       or access.holds_any_office(w.person, array['security_admin']) order by h.side, h.made_at $$;
create function reporters.custodians() returns table (name text, public bytea) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.name, c.public from reporters.custodian c, access.who() w where w.person is not null and c.ended_at is null order by c.name $$;

-- ── intake ─────────────────────────────────────────────────────────────────────────────────────────────────────────
create function reporters.may_take(m bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select (access.may(m, 'write') or (access.may(m, 'read') and (access.holds_office(w.person, 'intake', mm.owner_body_id)
            or access.holds_office(w.person, 'keeper', mm.owner_body_id)))) and not access.barred(m, w.person)
        from public.matter mm, access.who() w where mm.id = m), false) $$;
create function reporters.take_in(r bigint, m bigint, its_code text, is_named boolean, on_day date, ciphertext bytea, halves jsonb, shares jsonb) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); home integer := (select owner_body_id from public.matter where id = m); n integer;
begin
    if not reporters.may_take(m) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if (select count(distinct side) from reporters.live(home) where side <> 'asker') < 2 or jsonb_array_length(shares) < 2 then
        raise exception 'the store is not set up' using errcode = 'check_violation';
    end if;
    if on_day > access.day(access.now()) then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    insert into reporters.report (id, matter, body, code, named, received_on, sealed, made_by, made_at)
    values (r, m, home, its_code, is_named, on_day, ciphertext, me, access.now());
    -- exactly the halves of exactly the keys that count now
    insert into reporters.half (report, holder, one_time, sealed)
    select r, h.id, decode(x->>'one_time', 'hex'), decode(x->>'sealed', 'hex') from jsonb_array_elements(halves) x join reporters.live(home) h on h.id = (x->>'holder')::bigint and h.side <> 'asker';
    get diagnostics n = row_count;
    if n <> jsonb_array_length(halves) or n <> (select count(*) from reporters.live(home) where side <> 'asker') then
        raise exception 'the keys changed meanwhile' using errcode = 'serialization_failure';
    end if;
    insert into reporters.custody (report, shares) values (r, shares);
    perform reporters.note('reporter.taken_in', r, jsonb_build_object('named', is_named));
end $$;
-- what everyone who may read the matter may know: that it came named or anonymous, and the approved extract
create function reporters.of_matter(m bigint) returns table (id bigint, code text, named boolean, received_on date, erased boolean, words text, extract_state text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id, p.code, p.named, p.received_on, p.erased_at is not null,
           (select e.text from reporters.extract e where e.report = p.id and e.state = 'approved' order by e.decided_at desc limit 1),
           (select e.state from reporters.extract e where e.report = p.id order by e.drafted_at desc limit 1)
    from reporters.report p where p.matter = m and (select access.may(m, 'read')) order by p.made_at $$;
-- the store as its keepers and approvers see it; the title of a matter only to who may read the matter
create function reporters.register() returns table (id bigint, code text, named boolean, received_on date, body integer, side text, matter bigint, erased_at timestamptz,
        erase_ordered_by integer, erase_basis text, extract_state text, owed date, duty bigint, answered date, half boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id, p.code, p.named, p.received_on, p.body, h.side, case when access.may(p.matter, 'read') then p.matter end, p.erased_at, p.erase_ordered_by, p.erase_basis,
           (select e.state from reporters.extract e where e.report = p.id order by e.drafted_at desc limit 1), d.next_due, d.id,
           (select max(a.given_on) from reporters.answer a where a.report = p.id),
           exists (select 1 from reporters.half x where x.report = p.id and x.holder = h.id)
    from reporters.mine() h join reporters.report p on p.body = h.body
    left join lateral (select f.id, f.next_due from public.feedback_duty f where f.matter_id = p.matter and f.to_reporter and f.state = 'open' and p.named
                       order by f.next_due limit 1) d on true
    where h.side in ('keeper', 'approver') and not access.barred(p.matter, h.person) order by p.made_at desc limit 500 $$;
create function reporters.one(r bigint) returns table (id bigint, code text, named boolean, received_on date, body integer, side text, matter bigint, erased boolean, half boolean)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id, p.code, p.named, p.received_on, p.body, h.side, case when access.may(p.matter, 'read') then p.matter end, p.erased_at is not null,
           exists (select 1 from reporters.half x where x.report = p.id and x.holder = h.id)
    from reporters.report p join reporters.key_for(r, array['keeper', 'approver', 'asker']) h on true where p.id = r $$;
