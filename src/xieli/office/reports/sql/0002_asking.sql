-- A release is asked for by a person, computed by the report role's own process, checked and approved by two persons.
drop policy compute on public.release;
revoke insert on public.release from {report};

create function access.may_release() returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.posting po join public.office o on o.id = po.office_id where po.person_id = (access.who()).person and po.confirmed_by_id is not null
                   and o.code in ('head', 'deputy', 'room_head', 'case_duty') and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at))
$$;
create function access.ask_release(r bigint, report text, first_day date, last_day date, known date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not access.may_release() then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    insert into public.release (id, report, first, last, known_by, computed_at, content, sha, state, asked_by_id)
    values (r, report, first_day, last_day, known, access.now(), '{}', '', 'asked', (access.who()).person);
end $$;
create function access.compute_release(r bigint, computed jsonb, digest text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update public.release set content = computed, sha = digest, state = 'draft', computed_at = access.now() where id = r and state = 'asked';
    if not found then raise exception 'already decided' using errcode = 'serialization_failure'; end if;
end $$;
create or replace function access.release_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (new.report, new.first, new.last, new.known_by, new.asked_by_id) is distinct from (old.report, old.first, old.last, old.known_by, old.asked_by_id)
       or (old.state <> 'asked' and (new.content::text, new.sha) is distinct from (old.content::text, old.sha)) or old.state in ('released', 'refused') then
        raise exception 'a release never changes' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create function access.sign_opening(metric_code text, amount numeric, first_day date, last_day date, origin text) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- only for years before the installation's records began, and only by an office that may release figures
declare r bigint; began date;
begin
    if not access.may_release() then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    select min(coalesce(m.received_on, m.opened_at::date)) into began from public.matter m;
    if last_day >= coalesce(began, access.now()::date) then raise exception 'the records cover this span' using errcode = 'check_violation'; end if;
    insert into public.opening_balance (metric, number, since, until, source, signed_by_id) values (metric_code, amount, first_day, last_day, origin, (access.who()).person) returning id into r;
    return r;
end $$;
revoke all on function access.may_release(), access.ask_release(bigint, text, date, date, date), access.compute_release(bigint, jsonb, text), access.sign_opening(text, numeric, date, date, text) from public;
grant execute on function access.ask_release(bigint, text, date, date, date), access.sign_opening(text, numeric, date, date, text) to {web}, {job};
grant execute on function access.compute_release(bigint, jsonb, text) to {report};

-- the report role counts, it reads no names, titles or texts: the columns that definitions may name and no others
create policy count on public.matter_body for select to {report} using (true);
grant select (id, matter_id, body_id, role, starts_at, ends_at) on public.matter_body to {report};
create policy count on public.matter_grant for select to {report} using (true);
grant select (id, matter_id, kind, starts_at, ends_at, revoked_at) on public.matter_grant to {report};
create policy count on public.feedback for select to {report} using (true);
grant select (id, duty_id, matter_id, final, given_at) on public.feedback to {report};
create policy count on public.match_hit for select to {report} using (true);
grant select (id, matter_id, model) on public.match_hit to {report};
create policy count on public.match_verdict for select to {report} using (true);
grant select (id, hit_id, verdict, at) on public.match_verdict to {report};
grant select (every_months) on public.feedback_duty to {report};
select access.settle();
