-- The act of designation records its basis itself, and the case that follows names it again: one decision counts once.
create or replace function access.release_loads() returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Weekly: definition: a case 10, a lead 3, any other open matter 1 (0.1 officer-month, ours); officers are postings in
-- supervision and investigation rooms; experience is cases opened in two years; designations in one year. Of each central
-- unit: leads and cases about it in two years. Counts only, and every release is kept.
declare n integer; t timestamptz := access.now(); last timestamptz := (select max(released_at) from public.body_load);
begin
    -- a demo's clock may have been set back behind the world's first release
    if last > t - interval '7 days' and last <= t then return 0; end if;
    insert into public.body_load (body_id, load, officers, designations, experience, released_at)
    select b.id,
           coalesce((select sum(case when m.kind in ('case', 'joint_case') then 10 when m.kind = 'lead' then 3 else 1 end) from public.matter m where m.owner_body_id = b.id and m.status = 'open'), 0),
           greatest((select count(*) from public.posting po left join public.room r on r.id = po.room_id where po.body_id = b.id and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)
                     and (r.id is null or r.kind in ('supervision', 'investigation'))), 0),
           (select count(distinct c.document_no) from public.competence_basis c where c.body_id = b.id and c.kind = 'designation' and c.recorded_at > t - interval '1 year'),
           coalesce((select jsonb_object_agg(x.sector, x.n) from (select coalesce(nullif(u.sector, ''), 'other') as sector, count(*) as n from public.matter m
                     join public.matter_subject s on s.matter_id = m.id left join public.body u on u.id = s.unit_body_id
                     where m.owner_body_id = b.id and m.kind = 'case' and m.opened_at > t - interval '2 years' group by 1) x), '{}'), t
    from public.body b where b.kind in ('commission', 'working_committee') and b.rank = 'county' and b.valid_to is null
    on conflict (body_id) do update set load = excluded.load, officers = excluded.officers, designations = excluded.designations, experience = excluded.experience, released_at = excluded.released_at;
    get diagnostics n = row_count;
    insert into public.body_load_release (body_id, load, officers, released_at) select l.body_id, l.load, l.officers, l.released_at from public.body_load l where l.released_at = t;
    insert into public.unit_load (body_id, leads, cases, years, released_at)
    select b.id, count(distinct m.id) filter (where m.kind = 'lead'), count(distinct m.id) filter (where m.kind in ('case', 'joint_case')), 2, t
    from public.body b left join public.matter_subject s on s.unit_body_id = b.id left join public.matter m on m.id = s.matter_id and m.opened_at > t - interval '2 years'
    where b.kind = 'central_unit' and b.valid_to is null group by b.id
    on conflict (body_id) do update set leads = excluded.leads, cases = excluded.cases, years = excluded.years, released_at = excluded.released_at;
    return n;
end $$;
select access.settle();
