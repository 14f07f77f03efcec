-- Named periods, opening balances and releases are known to every bound session; they are written by these doors only.
select access.open_table('public.named_period'), access.open_table('public.opening_balance'), access.open_table('public.release');
-- computed figures enter through the report role; it has no other write
create policy compute on public.release for insert to {report} with check (state = 'draft' and checked_by_id is null and approved_by_id is null);
grant insert on public.release to {report};
create policy compute_read on public.release for select to {report} using (true);

create function access.pass_release(r bigint, verdict text) returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- first a checker, then an approver; neither asked for it, and they are two persons who hold an office that may release
declare w record := access.who(); rr public.release; may boolean;
begin
    select * into rr from public.release where id = r for update;
    may := exists (select 1 from public.posting po join public.office o on o.id = po.office_id where po.person_id = w.person and po.confirmed_by_id is not null
                   and o.code in ('head', 'deputy', 'room_head', 'case_duty') and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at));
    if w.person is null or rr.id is null or not coalesce(may, false) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if w.person in (rr.asked_by_id, rr.checked_by_id) then raise exception 'two places need two persons' using errcode = 'insufficient_privilege'; end if;
    if rr.state not in ('draft', 'checked') then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
    if verdict = 'refused' then
        update public.release set state = 'refused' where id = r;
    elsif rr.state = 'draft' then
        update public.release set state = 'checked', checked_by_id = w.person where id = r;
    else
        update public.release set state = 'released', approved_by_id = w.person, released_at = access.now() where id = r;
    end if;
    return (select state from public.release where id = r);
end $$;
create function access.release_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (new.content::text, new.sha, new.report, new.first, new.last, new.known_by) is distinct from (old.content::text, old.sha, old.report, old.first, old.last, old.known_by)
       or old.state in ('released', 'refused') then
        raise exception 'a release never changes' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger stays before update or delete on public.release for each row execute function access.release_stays();
revoke all on function access.pass_release(bigint, text) from public;
grant execute on function access.pass_release(bigint, text) to {web}, {job};
select access.settle();
