-- A body with two parents (seed row S3-01): what is above it is the parent in whose line the person is managed, never simply the first.

create function access.competent_parent(m bigint, s bigint) returns integer
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the one of two parents that manages the persons of the matter (or the one person asked about); null where it is both, neither, or not said
    with recursive b as (select x.parent_id, x.second_parent_id from public.matter mm join public.body x on x.id = mm.owner_body_id where mm.id = m and x.second_parent_id is not null),
         line as (select p.id as subject, p.managed_by_id as body, 0 as up from public.matter_subject p
                  where p.matter_id = m and p.role = 'subject' and p.kind = 'person' and (s is null or p.id = s)
                  union all select l.subject, x.parent_id, l.up + 1 from line l join public.body x on x.id = l.body where l.up < 9 and x.parent_id is not null),
         mine as (select l.subject, bool_or(l.body = b.parent_id) as first, bool_or(l.body = b.second_parent_id) as second from line l, b group by l.subject)
    select case when bool_and(coalesce(mine.first, false) and not coalesce(mine.second, false)) then b.parent_id
                when bool_and(coalesce(mine.second, false) and not coalesce(mine.first, false)) then b.second_parent_id end
    from mine, b group by b.parent_id, b.second_parent_id $$;

create function access.place_above(m bigint, s bigint, place text) returns integer
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- as body_at, from the owner of a matter; for a body with two parents through the one that is competent for the person
declare b public.body; up public.body;
begin
    select x.* into b from public.matter mm join public.body x on x.id = mm.owner_body_id where mm.id = m;
    if b.second_parent_id is null or place in ('own', 'committee') then return access.body_at(b.id, place); end if;
    select * into up from public.body where id = access.competent_parent(m, s);
    if up.id is null then
        raise exception 'neither of two parents is competent alone' using errcode = 'check_violation';
    end if;
    if up.kind = 'commission' and (place = 'next_up' or up.rank = place) then return up.id; end if;
    return access.body_at(up.id, place);
end $$;

create or replace function access.request_approval(m bigint, act_code text, s bigint, details jsonb, details_sha text, why text, is_urgent boolean,
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
                           else access.place_above(m, s, case when r.office = 'party_secretary' and r.at = 'own' then 'committee' else r.at end) end;
        if r.office = 'superior_head' and r.at = 'own' then place := access.place_above(m, s, 'next_up'); end if;
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

revoke all on function access.competent_parent(bigint, bigint), access.place_above(bigint, bigint, text) from public;
grant execute on function access.competent_parent(bigint, bigint) to {web}, {job};
select access.settle();
