-- A report on one's own head or a superior is never kept here. A superior whose identity number was never entered is known by name alone:
-- a number beside the name must not hide him.

create or replace function access.belongs_to_superior(own integer, person integer, digest bytea, person_name text) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp as $$
-- the own body's head or deputies, or a member of a superior commission's leadership: such a report is never registered here
    select exists (
        select 1 from public.posting po join public.office o on o.id = po.office_id join public.person p on p.id = po.person_id
        where po.starts_at <= access.now() and (po.ends_at is null or access.now() < po.ends_at)
          and ((o.code = 'head' and po.body_id = own)
               or (o.code in ('head', 'deputy') and po.body_id in (access.body_at(own, 'next_up'), access.body_at(own, 'province'), access.body_at(own, 'national'))))
          and (p.id = person or (digest is not null and p.id_digest = digest)
               or (person is null and p.name = person_name and (digest is null or p.id_digest is null)))) $$;
create or replace function access.sealed_among(own integer, names text[], numbers text[]) returns integer[]
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
-- Which of these persons (counted from 1; a number in its normal form, or '') belong to the superior: the same question as
-- belongs_to_superior, asked of a whole ledger. For one's own body only.
declare w record := access.who(); held text[]; by_name text[]; digests bytea[];
begin
    if w.person is null or not (own = any (w.p)) then raise exception 'a matter is opened for one''s own body' using errcode = 'insufficient_privilege'; end if;
    select coalesce(array_agg(distinct p.name::text), '{}'), coalesce(array_agg(distinct p.name::text) filter (where p.id_digest is null), '{}'),
           coalesce(array_agg(distinct p.id_digest) filter (where p.id_digest is not null), '{}') into held, by_name, digests
    from public.posting po join public.office o on o.id = po.office_id join public.person p on p.id = po.person_id
    where po.starts_at <= w.t and (po.ends_at is null or w.t < po.ends_at)
      and ((o.code = 'head' and po.body_id = own)
           or (o.code in ('head', 'deputy') and po.body_id in (access.body_at(own, 'next_up'), access.body_at(own, 'province'), access.body_at(own, 'national'))));
    return array(select i::integer from unnest(names, numbers) with ordinality as u(name, number, i)
                 where case when coalesce(u.number, '') = '' then u.name = any (held)
                            else u.name = any (by_name) or access.keyed('identity', convert_to(u.number, 'UTF8')) = any (digests) end order by 1);
end $$;
