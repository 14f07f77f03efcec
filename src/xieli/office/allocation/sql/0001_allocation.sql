-- Readiness, loads and travel are known to every bound session; calls and rankings belong to their matter.
select access.open_table('public.readiness_answer'), access.open_table('public.body_load'), access.open_table('public.body_travel');
select access.bind_table('public.duty_call'), access.bind_table('public.ranking_shown');
revoke update on public.duty_call, public.ranking_shown from {web}, {job};

create function access.confirm_readiness(b integer, team text, custody text, keepers text, doctor text, phoned boolean) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- one tap by the body's own duty officer, or by a colleague of the commission above it who rang; valid for twelve hours
declare w record := access.who(); t timestamptz := access.now(); r bigint := access.new_id();
begin
    if w.person is null or not exists (
        select 1 from public.posting po join public.office o on o.id = po.office_id
        where po.person_id = w.person and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
          and ((po.body_id = b and o.code in ('case_duty', 'head', 'deputy', 'room_head'))
               or (phoned and o.code in ('case_duty', 'room_head', 'deputy') and po.body_id = (select parent_id from public.body where id = b)))) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if not (array[team, custody, keepers, doctor] <@ array['yes', 'no', 'unknown']) then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    insert into public.readiness_answer (id, body_id, team, custody, keepers, doctor, by_phone, confirmed_by_id, at, valid_until)
    values (r, b, team, custody, keepers, doctor, phoned, w.person, t, t + interval '12 hours');
    return r;
end $$;

create function access.release_loads() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Weekly, by the sweeper: definition: a case 10, a lead 3, any other open matter 1 (0.1 officer-month, ours); officers are
-- postings in supervision and investigation rooms; experience is cases closed in two years; designations in one year.
declare n integer; t timestamptz := access.now();
begin
    insert into public.body_load (body_id, load, officers, designations, experience, released_at)
    select b.id,
           coalesce((select sum(case when m.kind in ('case', 'joint_case') then 10 when m.kind = 'lead' then 3 else 1 end) from public.matter m where m.owner_body_id = b.id and m.status = 'open'), 0),
           greatest((select count(*) from public.posting po left join public.room r on r.id = po.room_id where po.body_id = b.id and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
                     and (r.id is null or r.kind in ('supervision', 'investigation'))), 0),
           (select count(*) from public.competence_basis c where c.body_id = b.id and c.kind = 'designation' and c.recorded_at > t - interval '1 year'),
           coalesce((select jsonb_object_agg(x.sector, x.n) from (select coalesce(nullif(u.sector, ''), 'other') as sector, count(*) as n from public.matter m
                     join public.matter_subject s on s.matter_id = m.id left join public.body u on u.id = s.unit_body_id
                     where m.owner_body_id = b.id and m.kind = 'case' and m.opened_at > t - interval '2 years' group by 1) x), '{}'), t
    from public.body b where b.kind in ('commission', 'working_committee') and b.rank = 'county' and b.valid_to is null
    on conflict (body_id) do update set load = excluded.load, officers = excluded.officers, designations = excluded.designations, experience = excluded.experience,
        released_at = excluded.released_at where public.body_load.released_at < excluded.released_at - interval '7 days' or public.body_load.released_at is null;
    get diagnostics n = row_count;
    return n;
end $$;
revoke all on function access.confirm_readiness(integer, text, text, text, text, boolean), access.release_loads() from public;
grant execute on function access.confirm_readiness(integer, text, text, text, text, boolean) to {web}, {job};
grant execute on function access.release_loads() to {sweeper};
select access.settle();
