-- 严控知悉范围 (seed row S2-22): a lead handed over while a round of inspection is still inside. Whoever works on it may not widen its
-- circle; one more knower is the decision of who may approve there, and the grant carries his name as its approver. The room of the
-- owning body that is to work on it comes with the head's approval of the assignment, the team with that of the preliminary check; both
-- are asked elsewhere.

create function access.circle_by_approval(m bigint) returns boolean language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select 1 from public.matter_link l join public.matter s on s.id = l.source_id
                   where l.target_id = m and l.kind = 'derived' and s.kind = 'inspection_round') $$;
revoke all on function access.circle_by_approval(bigint) from public;

create or replace function access.give(m bigint, to_principal integer, grant_kind text, may_do text[], t_from timestamptz, t_to timestamptz,
                            grant_basis text, why text, approved_by integer default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- One more knower. The giver holds `grant` on the matter; what reaches himself (his person, room, office, team, body) he must
-- already hold; a principal recused or under such a request receives nothing (security.md §2.1). Nothing begins in the past.
declare w record := access.who(); g bigint := access.new_id(); act text; approver integer := approved_by;
begin
    if w.person is null or not access.may(m, 'grant') then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    if not access.moved_now(m, 'write') then   -- what a move entails was proved, and approved, with it
        perform access.require_fresh();
        if access.circle_by_approval(m) and not exists (select 1 from public.room r join public.matter mm on mm.owner_body_id = r.body_id where r.id = to_principal and mm.id = m)
           and not exists (select 1 from public.team t where t.id = to_principal and t.matter_id = m) then
            if not access.may(m, 'approve') then raise exception 'one more knower is approved here' using errcode = 'check_violation'; end if;
            approver := w.person;
        end if;
    end if;
    if coalesce(grant_basis, '') = '' then raise exception 'a grant needs a basis' using errcode = 'check_violation'; end if;
    if grant_basis = 'line' or grant_kind = 'break_glass' then
        raise exception 'this kind has its own door' using errcode = 'check_violation';
    end if;
    if to_principal = any (w.p || w.me) then
        foreach act in array may_do loop
            if not access.may(m, act) then raise exception 'nobody grants himself' using errcode = 'insufficient_privilege'; end if;
        end loop;
    end if;
    if not access.is_principal(m, to_principal) then raise exception 'no such principal' using errcode = 'check_violation'; end if;
    insert into public.matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, approver, granted_by, recorded_at)
    values (g, m, to_principal, grant_kind, may_do, greatest(coalesce(t_from, w.t), w.t),
            coalesce(t_to, timestamptz '9999-01-01 00:00:00+00'), grant_basis, coalesce(why, ''), approver, w.person, w.t);
    return g;
end $$;

create or replace function access.free_to_join(m bigint, whom integer) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare w record := access.who();
begin
    return coalesce(access.may(m, 'grant') and not access.barred(m, whom) and not access.limited(m, whom)
        -- joining a team oneself brings nothing that one lacks
        and (whom <> w.person or not exists (
            select 1 from public.matter_grant g, unnest(g.acts) act where g.matter_id = m and w.t < g.ends_at and g.revoked_at is null
              and g.principal in (select id from public.team where matter_id = m) and not access.may(m, act))), false);
end $$;
