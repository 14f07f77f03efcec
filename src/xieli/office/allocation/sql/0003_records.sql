-- Where bodies sit and who adjoins whom are laid down by a leader of the commission that plans; weights are versions of two persons.
select access.open_table('public.village_record'), access.open_table('public.village_border'), access.open_table('public.check_group');
select access.open_table('public.ranking_weights');
grant insert on public.ranking_weights to {web}, {job};
create policy propose on public.ranking_weights for insert to {web}, {job} with check (access.may_plan(body_id));

create function access.weights_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- put forward by a person for a day to come; nobody adopts by putting forward
begin
    if new.proposed_by_id is distinct from (access.who()).person or new.state <> 'proposed' or new.adopted_by_id is not null or new.number is not null or new.valid_to is not null then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if new.valid_from < access.day(access.now()) then raise exception 'a division does not begin in the past' using errcode = 'check_violation'; end if;
    return new;
end $$;
create trigger gate before insert on public.ranking_weights for each row execute function access.weights_gate();

create function access.adopt_weights(v bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- the second person, a head or deputy of the body that designates; the version before it ends the day this one begins
declare x public.ranking_weights; w record := access.who(); n integer;
begin
    select * into x from public.ranking_weights where id = v for update;
    if x.id is null or not access.may_plan(x.body_id) or not (access.holds_office(w.person, 'head', x.body_id) or access.holds_office(w.person, 'deputy', x.body_id)) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if x.state <> 'proposed' then raise exception 'this version is no longer open' using errcode = 'check_violation'; end if;
    if x.proposed_by_id = w.person then raise exception 'two places need two persons' using errcode = 'check_violation'; end if;
    if x.valid_from < access.day(access.now()) then raise exception 'a division does not begin in the past' using errcode = 'check_violation'; end if;
    perform 1 from public.ranking_weights where body_id = x.body_id and state = 'in_force' for update;
    if exists (select 1 from public.ranking_weights where body_id = x.body_id and state = 'in_force' and valid_to is null and valid_from >= x.valid_from) then
        raise exception 'a later version is in force already' using errcode = 'check_violation';
    end if;
    update public.ranking_weights set valid_to = x.valid_from, state = 'ended' where body_id = x.body_id and state = 'in_force' and valid_to is null;
    select coalesce(max(number), 1) + 1 into n from public.ranking_weights where body_id = x.body_id;  -- number 1 are the platform's defaults
    update public.ranking_weights set state = 'in_force', number = n, adopted_by_id = w.person, adopted_at = access.now() where id = v;
    return n;
end $$;
create function access.withdraw_weights(v bigint) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare x public.ranking_weights;
begin
    select * into x from public.ranking_weights where id = v for update;
    if x.id is null or not access.may_plan(x.body_id) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if x.state <> 'proposed' then raise exception 'this version is no longer open' using errcode = 'check_violation'; end if;
    update public.ranking_weights set state = 'withdrawn' where id = v;
end $$;

create function access.lay_out(b integer, what jsonb) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Places, villages, borders and groups of the territory under a commission, by a leader of it; identities are resolved by the
-- caller. A place that changes begins today and the one before ends: the answer to “whose is it” changes from today only.
declare today date := access.day(access.now()); t timestamptz := access.now(); e jsonb; n integer := 0; i integer; division text; prefix text;
begin
    if not access.may_plan(b) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    -- the territory: a province's own code ends in four zeros, a prefecture's in two
    select regexp_replace(division_code, '(00)+$', '') into prefix from public.body where id = b;
    if coalesce(prefix, '') = '' then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    for e in select jsonb_array_elements(coalesce(what -> 'places', '[]')) loop
        i := (e ->> 'body')::integer; division := e ->> 'division';
        if not exists (select 1 from public.body where id = i and division_code like prefix || '%') or division not like prefix || '%' then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
        delete from public.body_place where body_id = i and valid_from = today and valid_to is null;
        update public.body_place set valid_to = today where body_id = i and valid_to is null;
        insert into public.body_place (body_id, x_km, y_km, division_code, central, headcount, "column", "row", valid_from)
        values (i, (e ->> 'x_km')::numeric, (e ->> 'y_km')::numeric, division, (e ->> 'central')::boolean, (e ->> 'headcount')::integer, (e ->> 'column')::smallint, (e ->> 'row')::smallint, today);
        n := n + 1;
    end loop;
    for e in select jsonb_array_elements(coalesce(what -> 'villages', '[]')) loop
        i := (e ->> 'body')::integer;
        if not exists (select 1 from public.body where id = i and kind = 'village' and division_code like prefix || '%') then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
        insert into public.village_record (body_id, work, score, cadre, kin_in, recorded_at)
        values (i, (e ->> 'work')::integer, (e ->> 'score')::smallint, (e ->> 'cadre')::boolean, array(select jsonb_array_elements_text(e -> 'kin_in')::integer), t)
        on conflict (body_id) do update set work = excluded.work, score = excluded.score, cadre = excluded.cadre, kin_in = excluded.kin_in, recorded_at = t;
        n := n + 1;
    end loop;
    for e in select jsonb_array_elements(coalesce(what -> 'borders', '[]')) loop
        if (select count(*) from public.body where id in ((e ->> 0)::integer, (e ->> 1)::integer) and kind = 'village' and division_code like prefix || '%') <> 2 then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
        insert into public.village_border (a_id, b_id) values (least((e ->> 0)::integer, (e ->> 1)::integer), greatest((e ->> 0)::integer, (e ->> 1)::integer)) on conflict do nothing;
        n := n + 1;
    end loop;
    if what ? 'groups' then
        delete from public.check_group where body_id = b and valid_from = today and valid_to is null;
        update public.check_group set valid_to = today where body_id = b and valid_to is null;
        for e in select jsonb_array_elements(what -> 'groups') loop
            insert into public.check_group (body_id, name_zh, name_en, heads, barred, valid_from)
            values (b, e ->> 'name_zh', e ->> 'name_en', array(select jsonb_array_elements_text(e -> 'heads')::integer), array(select jsonb_array_elements_text(e -> 'barred')::integer), today);
            n := n + 1;
        end loop;
    end if;
    return n;
end $$;

-- A plan's result is the worker's alone. While the installer plays a story into a demo or scratch database the web role does
-- his part; once the curtain falls nobody but the worker can, in a demo as in production.
create table access.rehearsal (one boolean primary key default true check (one), since timestamptz not null default now());
create function access.rehearsing() returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from access.installation where mark in ('demo', 'scratch')) and exists (select 1 from access.rehearsal) $$;
create or replace function access.plan_run_gate() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- what was asked is never rewritten; only the worker makes results; a run that ended stays as it ended
declare told text[] := array['state', 'progress', 'result', 'verdict', 'said_zh', 'said_en', 'started_at', 'beat_at', 'cancel_at', 'finished_at'];
begin
    if tg_op = 'INSERT' then
        if new.person_id is distinct from (access.who()).person or new.state <> 'queued' or new.result is not null or new.verdict is not null then
            raise exception 'not visible' using errcode = 'insufficient_privilege';
        end if;
        new.session := (access.who()).session;
        return new;
    end if;
    if old.state not in ('queued', 'running') or to_jsonb(new) - told <> to_jsonb(old) - told then
        raise exception 'a plan is not rewritten' using errcode = 'check_violation';
    end if;
    if session_user = trim(both '"' from '{web}') and (new.result is distinct from old.result or new.verdict is distinct from old.verdict or new.said_zh is distinct from old.said_zh
            or new.said_en is distinct from old.said_en or new.started_at is distinct from old.started_at or new.beat_at is distinct from old.beat_at or new.progress is distinct from old.progress
            or new.state not in (old.state, 'cancelled') or (new.state = 'cancelled' and old.state <> 'queued' and old.state <> 'cancelled')) and not access.rehearsing() then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

select access.settle();
revoke all on function access.weights_gate(), access.adopt_weights(bigint), access.withdraw_weights(bigint), access.lay_out(integer, jsonb), access.rehearsing(), access.plan_run_gate() from public;
grant execute on function access.adopt_weights(bigint), access.withdraw_weights(bigint), access.lay_out(integer, jsonb) to {web}, {job};
