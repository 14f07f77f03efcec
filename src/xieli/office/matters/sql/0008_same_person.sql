-- One person, one count: the same key wherever the same person is a subject, without a look into other matters. With an identity
-- number it follows from its keyed digest, with an account from the person; a copy in a matter that came of another keeps what
-- the first was given by chance, so that over a tree each person counts once although nobody knows his number.
alter table public.matter_subject add column same_key bigint not null default access.new_id();
alter table public.matter_subject add column person_key bigint generated always as (
    case when id_digest is not null then ('x' || encode(substr(sha256(id_digest), 1, 8), 'hex'))::bit(64)::bigint
         when person_id is not null then ('x' || encode(substr(sha256(('person:' || person_id)::bytea), 1, 8), 'hex'))::bit(64)::bigint
         else same_key end) stored;

create or replace function access.copy_subjects(source bigint, child bigint) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
-- a matter spawned from another is about the same people; recusals follow from them at once
declare n integer;
begin
    if not access.may(source, 'write') or not access.may(child, 'read') or exists (select 1 from public.matter_subject where matter_id = child)
       or not exists (select 1 from public.matter_link l where l.source_id = source and l.target_id = child) then
        raise exception 'not visible' using errcode = 'insufficient_privilege';
    end if;
    insert into public.matter_subject (id, matter_id, kind, name, id_digest, id_sealed, id_tail, person_id, unit_body_id, unit_name, post, cadre_rank, managed_by_id, dual_managed, role, same_key)
    select access.new_id(), child, kind, name, id_digest, id_sealed, id_tail, person_id, unit_body_id, unit_name, post, cadre_rank, managed_by_id, dual_managed, role, same_key
    from public.matter_subject where matter_id = source;
    get diagnostics n = row_count;
    return n;
end $$;
grant select (person_key) on public.matter_subject to {report};
