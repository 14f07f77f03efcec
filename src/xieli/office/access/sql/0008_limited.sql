-- 限制参与: between recused and cleared. Who is limited on a matter may read what he was given and write remarks there, and does
-- nothing else by whatever grant reaches him; he joins no team. As with recusal, a body's limit reaches whoever serves in it.

create function access.limited(m bigint, whom integer) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.recusal r where r.matter_id = m and r.state = 'limited' and access.now() < r.ends_at
                     and (r.principal = whom or r.principal in (
                          select b from public.posting po, unnest(array[po.body_id, po.home_body_id]) b
                          where po.person_id = whom and po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)))) $$;
revoke all on function access.limited(bigint, integer) from public;

create or replace function access.may(m bigint, act text) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    if w.person is null or m is null or act is null then return false; end if;
    return coalesce((
        select mm.level <= w.lvl and mm.comps <@ w.comps
           and (exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (w.p) and 'read' = any (g.acts)
                       and g.starts_at <= w.t and w.t < g.ends_at and (g.revoked_at is null or w.t < g.revoked_at) and g.basis <> '')
                and (act = 'read' or exists (select 1 from public.matter_grant g where g.matter_id = m and g.principal = any (w.p)
                       and act = any (g.acts) and g.starts_at <= w.t and w.t < g.ends_at
                       and (g.revoked_at is null or w.t < g.revoked_at) and g.basis <> ''))
                -- a move of the playbook carries its own pen: who made one in this very transaction writes what it entails
                or (act in ('read', 'write', 'note', 'grant') and access.moved_now(m, act)))
           and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = any (w.me)
                       and (r.state = 'in_force' or (r.state = 'limited' and act not in ('read', 'note'))) and r.starts_at <= w.t and w.t < r.ends_at)
        from public.matter mm where mm.id = m), false);
end $$;

create function access.limited_grant() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not new.acts::text[] <@ '{read,note}'::text[] and exists (select 1 from public.recusal where matter_id = new.matter_id and state = 'limited')
       and access.limited(new.matter_id, new.principal) then
        raise exception 'limited' using errcode = 'check_violation', hint = 'recusal first';
    end if;
    return new;
end $$;
create trigger limited_grant before insert on public.matter_grant for each row execute function access.limited_grant();

create or replace function access.decide_recusal(r bigint, verdict text, why text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); rr public.recusal;
begin
    if not access.may_decide(r) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if verdict is null or verdict not in ('in_force', 'limited', 'rejected') then raise exception 'unknown verdict' using errcode = 'check_violation'; end if;
    update public.recusal set state = verdict, decided_by = w.person, decided_at = w.t, reason = concat_ws(' · ', nullif(reason, ''), why),
           starts_at = w.t where id = r and state = 'raised' returning * into rr;
    if rr.id is null then raise exception 'already decided' using errcode = 'check_violation'; end if;
end $$;

-- a limit is lifted as a recusal is: one asks, another agrees
create or replace function access.lift_recusal(r bigint, why text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who(); rr public.recusal;
begin
    if not access.may_decide(r) then raise exception 'not visible' using errcode = 'insufficient_privilege'; end if;
    if length(coalesce(why, '')) < 8 then raise exception 'lifting a recusal needs a reason' using errcode = 'check_violation'; end if;
    select * into rr from public.recusal where id = r and state in ('in_force', 'limited') and w.t < ends_at for update;
    if rr.id is null then raise exception 'not in force' using errcode = 'check_violation'; end if;
    if rr.lift_asked_by is null or rr.lift_asked_by = w.person then
        update public.recusal set lift_asked_by = w.person, reason = concat_ws(' · ', nullif(reason, ''), why) where id = r;
        return false;
    end if;
    update public.recusal set ends_at = greatest(w.t, starts_at + interval '1 microsecond'), decided_by = w.person, decided_at = w.t,
           reason = concat_ws(' · ', nullif(reason, ''), why) where id = r;
    return true;
end $$;

create or replace function access.compute_recusals(m bigint) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- Adds what is missing and turns a raised one into force when a fact now speaks; takes nothing back (lift_recusal does). What the
-- head decided, be it a limit, is not raised again on the same ground.
declare n integer; t timestamptz := access.now();
begin
    insert into public.recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)
    select access.new_id(), m, x.principal, x.ground, true, x.state, t, timestamptz '9999-01-01 00:00:00+00', ''
    from access.automatic_recusals(m) x
    where not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal and t < r.ends_at
                      and (r.state = 'in_force' or (r.state = x.state and r.automatic)))
      and not exists (select 1 from public.recusal r where r.matter_id = m and r.principal = x.principal and r.ground = x.ground
                      and (r.state in ('rejected', 'limited') or (r.state = 'in_force' and r.ends_at <= t)));
    get diagnostics n = row_count;
    return n;
end $$;
