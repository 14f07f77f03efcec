-- Request → both halves handed over → shown once → closed. Every step asks again who acts, whether he is recused, and how late it is.

create function reporters.ask(r bigint, why text, for_what text, hours integer) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare h reporters.holder; p reporters.report; n bigint;
begin
    perform reporters.bound();
    select * into h from reporters.key_for(r, array['keeper', 'asker']) limit 1;
    select * into p from reporters.report where id = r and erased_at is null;
    if h.id is null or p.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    -- who reported anonymously is nobody's to ask; only the words may be opened, to rewrite the extract
    if not p.named and for_what <> 'extract' then raise exception 'this report is anonymous' using errcode = 'check_violation'; end if;
    if length(coalesce(why, '')) < 8 then raise exception 'a request needs a reason' using errcode = 'check_violation'; end if;
    if h.side <> 'keeper' and for_what in ('extract', 'answer') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if h.side = 'keeper' and not exists (select 1 from reporters.half x where x.report = r and x.holder = h.id) then
        raise exception 'your key holds no half of this report' using errcode = 'check_violation';
    end if;
    perform access.require_fresh();
    -- what ran out makes room
    perform reporters.run_out(r);
    insert into reporters.request (report, holder, person, purpose, reason, asked_at, expires_at)
    values (r, h.id, h.person, for_what, why, access.now(), access.now() + make_interval(hours => least(greatest(coalesce(hours, 24), 1), 72))) returning id into n;
    perform reporters.note('reporter.asked', p.id, jsonb_build_object('request', n::text, 'purpose', for_what));
    perform reporters.tell(array(select l.person from reporters.live(p.body) l where (l.side = 'approver' or (l.side = 'keeper' and h.side = 'asker'))
                                 and not access.barred(p.matter, l.person) and not reporters.handles(p.matter, l.person)), 'reporter_asked', '{}');
    return n;
exception when unique_violation then
    raise exception 'the same request is open already' using errcode = 'check_violation';
end $$;
create function reporters.run_out(r bigint default null) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- requests out of time: their halves go
declare n integer;
begin
    with gone as (update reporters.request q set state = 'withdrawn', outcome = 'expired', closed_at = access.now()
                  where (r is null or q.report = r) and q.state in ('waiting', 'released') and q.expires_at <= access.now() returning q.id),
    halves as (delete from reporters.handed d using gone where d.request = gone.id)
    select count(*) into n from gone;
    return n;
end $$;
-- requests that wait for the bound person's half, with his own half as ciphertext and the asker's public key to seal it to
create function reporters.waiting() returns table (id bigint, report bigint, code text, person integer, purpose text, reason text, asked_at timestamptz, expires_at timestamptz,
        side text, asker_key bytea, one_time bytea, half bytea, holder bigint)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select q.id, q.report, p.code, q.person, q.purpose, q.reason, q.asked_at, q.expires_at, h.side, a.public, x.one_time, x.sealed, h.id
    from reporters.request q join reporters.report p on p.id = q.report join reporters.holder a on a.id = q.holder and a.retired_at is null
    join reporters.mine() h on h.body = p.body and h.side in ('keeper', 'approver')
    left join reporters.half x on x.report = p.id and x.holder = h.id
    where q.state = 'waiting' and access.now() < q.expires_at and q.person <> h.person and not access.barred(p.matter, h.person) and not reporters.handles(p.matter, h.person)
      and (h.side = 'approver' and q.approver is null or h.side = 'keeper' and a.side = 'asker' and q.keeper is null)
    order by q.asked_at $$;
create function reporters.hand(q bigint, its_one_time bytea, its_sealed bytea) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- One half, resealed to the asker. The row lock orders two approvers: the second is told that it was decided.
declare me integer := reporters.bound(); r reporters.request; p reporters.report; h reporters.holder; a reporters.holder;
begin
    select * into r from reporters.request where id = q for update;
    select * into p from reporters.report where id = r.report;
    select * into h from reporters.key_for(r.report, array['keeper', 'approver']) limit 1;
    if r.id is null or h.id is null or r.person = me or reporters.handles(p.matter, me) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if r.state <> 'waiting' then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if r.expires_at <= access.now() then raise exception 'the request ran out' using errcode = 'check_violation'; end if;
    select * into a from reporters.holder where id = r.holder;
    if a.retired_at is not null or not a.side = any (reporters.sides(a.person, a.body)) or access.barred(p.matter, a.person) then
        raise exception 'the asker may not ask any more' using errcode = 'check_violation';
    end if;
    if h.side = 'keeper' and a.side = 'keeper' then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if (h.side = 'approver' and r.approver is not null) or (h.side = 'keeper' and r.keeper is not null) then
        raise exception 'already decided' using errcode = 'serialization_failure';
    end if;
    perform access.require_fresh();
    insert into reporters.handed (request, side, one_time, sealed) values (q, h.side, its_one_time, its_sealed);
    update reporters.request set
        approver = case when h.side = 'approver' then me else approver end, approved_at = case when h.side = 'approver' then access.now() else approved_at end,
        keeper = case when h.side = 'keeper' then me else keeper end, kept_at = case when h.side = 'keeper' then access.now() else kept_at end
    where id = q returning * into r;
    perform reporters.note('reporter.handed', p.id, jsonb_build_object('request', q::text, 'side', h.side));
    if r.approver is not null and (a.side = 'keeper' or r.keeper is not null) then
        update reporters.request set state = 'released' where id = q;
        perform reporters.tell(array[r.person], 'reporter_released', '{}');
        return 'released';
    end if;
    return 'waiting';
end $$;
create function reporters.refuse(q bigint, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); r reporters.request; p reporters.report;
begin
    select * into r from reporters.request where id = q for update;
    select * into p from reporters.report where id = r.report;
    if r.id is null or r.person = me or reporters.handles(p.matter, me) or not exists (select 1 from reporters.key_for(r.report, array['approver'])) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if r.state not in ('waiting', 'released') then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if coalesce(why, '') = '' then raise exception 'a refusal needs a reason' using errcode = 'check_violation'; end if;
    update reporters.request set state = 'refused', refusal = why, closed_at = access.now(), approver = coalesce(approver, me), approved_at = coalesce(approved_at, access.now()) where id = q;
    delete from reporters.handed where request = q;
    perform reporters.tell(array[r.person], 'reporter_refused', '{}');
    perform reporters.note('reporter.refused', p.id, jsonb_build_object('request', q::text));
end $$;
create function reporters.withdraw(q bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r bigint;
begin
    update reporters.request set state = 'withdrawn', closed_at = access.now() where id = q and person = reporters.bound() and state in ('waiting', 'released') returning report into r;
    if r is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    delete from reporters.handed where request = q;
    perform reporters.note('reporter.withdrawn', r, jsonb_build_object('request', q::text));
end $$;
create function reporters.my_requests() returns table (id bigint, report bigint, code text, purpose text, reason text, asked_at timestamptz, expires_at timestamptz, state text, late boolean,
        approver integer, keeper integer, refusal text, shown_at timestamptz, outcome text)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select q.id, q.report, p.code, q.purpose, q.reason, q.asked_at, q.expires_at, q.state, q.state in ('waiting', 'released') and q.expires_at <= access.now(),
           q.approver, q.keeper, q.refusal, q.shown_at, q.outcome
    from reporters.request q join reporters.report p on p.id = q.report, access.who() w
    where q.person = w.person and not access.barred(p.matter, w.person) order by q.asked_at desc limit 100 $$;
-- the one showing: marked and its halves gone in the transaction that reads them; undone as a whole when the passphrase is wrong or the
-- process dies, and then it was not shown. To rewrite an extract the words alone may be read before, each time as an event.
create function reporters.take_out(q bigint, to_read boolean) returns table (report bigint, matter bigint, purpose text, body bytea, side text, one_time bytea, half bytea, own boolean)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); r reporters.request; p reporters.report; h reporters.holder;
begin
    select * into r from reporters.request x where x.id = q and x.person = me for update;
    select * into p from reporters.report x where x.id = r.report;
    select * into h from reporters.key_for(r.report, array['keeper', 'asker']) k where k.id = r.holder;
    if r.id is null or h.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if r.state = 'shown' then raise exception 'it was shown once' using errcode = 'serialization_failure'; end if;
    if r.state <> 'released' then raise exception 'not approved' using errcode = 'check_violation'; end if;
    if r.expires_at <= access.now() then raise exception 'the request ran out' using errcode = 'check_violation'; end if;
    if p.erased_at is not null then raise exception 'it was erased' using errcode = 'check_violation'; end if;
    perform access.require_fresh();
    return query select p.id, p.matter, r.purpose, p.sealed, d.side, d.one_time, d.sealed, false from reporters.handed d where d.request = q
        union all select p.id, p.matter, r.purpose, p.sealed, h.side, x.one_time, x.sealed, true from reporters.half x where x.report = p.id and x.holder = h.id and h.side = 'keeper';
    if not (to_read and r.purpose = 'extract') then
        delete from reporters.handed where request = q;
        update reporters.request set state = 'shown' where id = q;
    end if;
    update reporters.request set shown_at = access.now() where id = q;
    perform reporters.note('reporter.shown', p.id, jsonb_build_object('request', q::text, 'purpose', r.purpose));
end $$;
create function reporters.close(q bigint, what text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r bigint;
begin
    if coalesce(what, '') = '' then raise exception 'say what came of it' using errcode = 'check_violation'; end if;
    update reporters.request set state = 'closed', outcome = what, closed_at = access.now() where id = q and person = reporters.bound() and state = 'shown' returning report into r;
    if r is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    perform reporters.note('reporter.closed', r, jsonb_build_object('request', q::text));
end $$;

-- ── the extract: what of a report's words may travel ───────────────────────────────────────────────────────────────
create function reporters.draft(r bigint, words text, warnings text[], why text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Drafted where the original was lawfully open: by who took the report in, in that transaction, or by a keeper whose request to rewrite it
-- was granted and taken out in this one.
declare me integer := reporters.bound(); n bigint;
begin
    if not exists (select 1 from reporters.report p where p.id = r and ((p.made_by = me and p.made_at = access.now())
                   or exists (select 1 from reporters.request q where q.report = r and q.person = me and q.purpose = 'extract' and q.state = 'shown' and q.shown_at = access.now()))) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into reporters.extract (report, text, warned, answer, drafted_by, drafted_at) values (r, words, coalesce(warnings, '{}'), coalesce(why, ''), me, access.now()) returning id into n;
    perform reporters.note('reporter.extract_drafted', r, jsonb_build_object('warned', cardinality(coalesce(warnings, '{}'))));
    return n;
end $$;
create function reporters.drafts() returns table (id bigint, report bigint, code text, text text, warned text[], answer text, drafted_by integer, drafted_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.id, e.report, p.code, e.text, e.warned, e.answer, e.drafted_by, e.drafted_at
    from reporters.extract e join reporters.report p on p.id = e.report join reporters.mine() h on h.body = p.body and h.side in ('keeper', 'approver')
    where e.state = 'draft' and e.drafted_by <> h.person and not access.barred(p.matter, h.person) and not reporters.handles(p.matter, h.person)
      and not exists (select 1 from reporters.extract l where l.report = e.report and l.drafted_at > e.drafted_at) order by e.drafted_at $$;
create function reporters.decide(e bigint, verdict text, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); x reporters.extract; p reporters.report;
begin
    select * into x from reporters.extract where id = e for update;
    select * into p from reporters.report where id = x.report;
    if x.id is null or x.drafted_by = me or reporters.handles(p.matter, me) or not exists (select 1 from reporters.key_for(x.report, array['keeper', 'approver'])) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if x.state <> 'draft' then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if verdict not in ('approved', 'returned') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    if verdict = 'returned' and coalesce(why, '') = '' then raise exception 'a return needs a reason' using errcode = 'check_violation'; end if;
    update reporters.extract set state = verdict, decided_by = me, decided_at = access.now(), remark = coalesce(why, '') where id = e;
    perform reporters.note('reporter.extract_decided', p.id, jsonb_build_object('verdict', verdict));
end $$;

-- ── answers to named reporters, given by keepers ───────────────────────────────────────────────────────────────────
create function reporters.answered(r bigint, its_duty bigint, its_how text, on_day date, words text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); p reporters.report;
begin
    select * into p from reporters.report where id = r and named for update;
    if p.id is null or not exists (select 1 from reporters.key_for(r, array['keeper'])) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if on_day > access.day(access.now()) then raise exception 'an act cannot lie in the future' using errcode = 'check_violation'; end if;
    if its_duty is not null and not exists (select 1 from public.feedback_duty d where d.id = its_duty and d.matter_id = p.matter and d.to_reporter and d.state = 'open') then
        raise exception 'already decided' using errcode = 'serialization_failure';
    end if;
    insert into reporters.answer (report, duty, how, given_on, text, given_by, at) values (r, its_duty, its_how, on_day, coalesce(words, ''), me, access.now());
    if its_duty is not null then
        insert into public.feedback (id, duty_id, matter_id, final, outcome_class, text, document_no, given_at, given_by_id)
        values (access.new_id(), its_duty, p.matter, true, 'told', p.code, '', access.now(), me);
        update public.feedback_duty set state = 'closed' where id = its_duty;
    end if;
    perform reporters.note('reporter.answered', r, jsonb_build_object('how', its_how));
    return true;
end $$;

-- ── keys of colleagues, erasure, emergency ─────────────────────────────────────────────────────────────────────────
create function reporters.my_halves(for_holder bigint) returns table (report bigint, one_time bytea, sealed bytea) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select x.report, x.one_time, x.sealed from reporters.mine() h join reporters.live(h.body) c on c.id = for_holder and c.side = h.side and c.id <> h.id
    join reporters.half x on x.holder = h.id join reporters.report p on p.id = x.report and not access.barred(p.matter, h.person) and not access.barred(p.matter, c.person)
    where h.side in ('keeper', 'approver') and not exists (select 1 from reporters.half y where y.holder = c.id and y.report = x.report) $$;
create function reporters.hand_on(for_holder bigint, halves jsonb) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n integer;
begin
    perform reporters.bound();
    perform access.require_fresh();
    insert into reporters.half (report, holder, one_time, sealed)
    select m.report, for_holder, decode(x->>'one_time', 'hex'), decode(x->>'sealed', 'hex') from jsonb_array_elements(halves) x join reporters.my_halves(for_holder) m on m.report = (x->>'report')::bigint
    on conflict do nothing;
    get diagnostics n = row_count;
    if n = 0 then raise exception 'nothing to hand on' using errcode = 'check_violation'; end if;
    perform audit.write('reporter.key_handed_on', jsonb_build_object('holder', for_holder::text, 'reports', n), '{}', '{}', true);
    return n;
end $$;
create function reporters.order_erasure(r bigint, why text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select 1 from reporters.key_for(r, array['keeper'])) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(coalesce(why, '')) < 4 then raise exception 'an erasure needs a basis' using errcode = 'check_violation'; end if;
    update reporters.report set erase_ordered_by = reporters.bound(), erase_ordered_at = access.now(), erase_basis = why where id = r and erased_at is null and erase_ordered_by is null;
    if not found then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    perform reporters.note('reporter.erasure_ordered', r, '{}');
end $$;
create function reporters.erase(r bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me integer := reporters.bound(); p reporters.report;
begin
    select * into p from reporters.report where id = r for update;
    if p.id is null or p.erase_ordered_by = me or reporters.handles(p.matter, me) or not exists (select 1 from reporters.key_for(r, array['approver'])) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if p.erase_ordered_by is null or p.erased_at is not null then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    perform access.require_fresh();
    update reporters.report set sealed = null, erased_by = me, erased_at = access.now() where id = r;
    delete from reporters.half where report = r;
    delete from reporters.custody where report = r;
    delete from reporters.handed d using reporters.request q where d.request = q.id and q.report = r;
    update reporters.request set state = 'withdrawn', outcome = 'erased', closed_at = access.now() where report = r and state in ('waiting', 'released');
    perform reporters.note('reporter.erased', r, '{}');
end $$;
-- in an emergency two custodians open it on the server (`xieli reporter recover`): recorded, and an alarm of the audit administrator
create function reporters.recover(its_code text, who text, why text) returns table (report bigint, matter bigint, named boolean, body bytea, shares jsonb)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare p reporters.report;
begin
    select * into p from reporters.report x where x.code = its_code and x.erased_at is null;
    if p.id is null then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(coalesce(why, '')) < 8 then raise exception 'a request needs a reason' using errcode = 'check_violation'; end if;
    perform audit.write('reporter.recovered', jsonb_build_object('code', p.code, 'custodians', who), array[p.matter], '{}', true);
    perform audit.raise_alarm('reporter', '保管人在服务器上应急打开了反映人身份', 'custodians opened a reporting person''s identity on the server');
    return query select p.id, p.matter, p.named, p.sealed, c.shares from reporters.custody c where c.report = p.id;
end $$;

do $$ declare f record; begin
    for f in select p.oid::regprocedure as sig, p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'reporters' loop
        execute format('revoke all on function %s from public', f.sig);
        if f.name not in ('stays', 'never', 'sides', 'live', 'mine', 'handles', 'bound', 'key_for', 'tell', 'note', 'recover', 'run_out') then execute format('grant execute on function %s to {web}', f.sig); end if;
    end loop;
end $$;
grant execute on function reporters.mine() to {web};      -- one's own key: ciphertext under one's own passphrase
grant execute on function reporters.recover(text, text, text) to {backup};
grant execute on function reporters.run_out(bigint) to {sweeper};
select access.settle();
