-- Free or busy, never why in words: whoever runs a body asks about its own people and those of the bodies linked to it (below it,
-- or those whose contact room it holds). A statutory clock that runs on a team's matter says "statutory"; which matter, nobody learns.
create function access.availability(people integer[], first_day date, last_day date) returns table (person integer, state text) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with mine as (
        select po.body_id from public.posting po join public.office o on o.id = po.office_id where po.person_id = (access.who()).person and po.confirmed_by_id is not null
            and o.code in ('head', 'deputy', 'room_head', 'case_duty', 'town_secretary', 'inspection_leader', 'handler', 'clerk') and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)
    ), linked as (
        select body_id as id from mine
        union select b.id from public.body b where b.parent_id in (select body_id from mine)
        union select c.body_id from public.room_contact c join public.room r on r.id = c.room_id where r.body_id in (select body_id from mine)
    )
    select p.id, case
        when exists (select 1 from public.posting a where a.person_id = p.id and a.kind in ('front_line', 'temporary_post', 'borrowing', 'follow_class', 'sent_down', 'dispatch')
                     and a.starts_at::date <= last_day and (a.ends_at is null or a.ends_at::date > first_day)) then 'away'
        when exists (select 1 from public.team_member m join public.team t on t.id = m.team_id join public.clock c on c.matter_id = t.matter_id
                     where m.person_id = p.id and (m.ends_at is null or m.ends_at::date > first_day) and m.starts_at::date <= last_day and c.statutory and c.state = 'running'
                       and (c.due_at is null or c.due_at::date >= first_day)) then 'statutory'
        when exists (select 1 from public.team_member m join public.team t on t.id = m.team_id join public.matter x on x.id = t.matter_id
                     where m.person_id = p.id and x.status = 'open' and (m.ends_at is null or m.ends_at::date > first_day) and m.starts_at::date <= last_day) then 'team'
        else 'free' end
    from public.person p
    where p.id = any (people) and exists (select 1 from public.posting h where h.person_id = p.id and h.kind = 'regular' and (h.ends_at is null or h.ends_at > access.now()) and h.body_id in (select id from linked))
$$;
select access.settle();
grant execute on function access.availability(integer[], date, date) to {web}, {job};
