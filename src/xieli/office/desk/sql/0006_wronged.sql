-- A hit that was judged true, became a lead, and is then judged otherwise: the lead's circle is told, and the lead says so, until
-- somebody judges it true again. The hit and its reason stay with the check's own circle.
create function access.match_withdrawn() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c public.match_conversion; t timestamptz := access.now();
begin
    select * into c from public.match_conversion x where x.hit_id = new.hit_id;
    if c.id is null or new.verdict = 'open' then return null; end if;
    update public.match_lead_evidence e set withdrawn = case when new.verdict = 'true' then '' else new.verdict end, withdrawn_at = case when new.verdict = 'true' then null else new.at end
    where e.matter_id = c.lead_id and e.withdrawn <> case when new.verdict = 'true' then '' else new.verdict end;
    if not found then return null; end if;
    insert into public.notification (id, person_id, matter_id, kind, fields, mandatory, at)
    select access.new_id(), x.person, c.lead_id, 'hit_withdrawn', '{}', true, t
    from (select g.principal as person from public.matter_grant g join public.person p on p.id = g.principal
          where g.matter_id = c.lead_id and 'write' = any (g.acts) and g.starts_at <= t and t < g.ends_at and g.revoked_at is null
          union
          select po.person_id from public.posting po join public.matter m on m.id = c.lead_id
          where po.room_id = m.owner_room_id and po.confirmed_by_id is not null and po.starts_at <= t and (po.ends_at is null or t < po.ends_at)) x
    where x.person is distinct from (access.who()).person and access.would_read(c.lead_id, x.person);
    return null;
end $$;
create trigger withdrawn after insert on public.match_verdict for each row execute function access.match_withdrawn();
select access.settle();
revoke all on function access.match_withdrawn() from public;
