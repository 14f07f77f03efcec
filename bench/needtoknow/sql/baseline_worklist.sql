-- The same plan as the table owner would write it by hand: principals, level, circles and instant are constants; windows behind
-- the caches are asked where they are not sure. The fastest form found: the matter is fetched once, inside the lateral.
select id, title, kind, next_due from (
    select distinct on (w.next_due, w.id) w.*
    from unnest('{P}'::integer[]) as p
    cross join lateral (
        select m.id, m.title, m.kind, x.next_due from matter_work x join matter m on m.id = x.matter_id
        where x.principal = p and m.acl && '{P}'::integer[] and m.level <= {L} and m.comps <@ '{C}'::integer[]
          and case when m.sure_until > '{T}'::timestamptz then not m.deny && '{ME}'::integer[] else {EXACT} end
        order by x.next_due, x.matter_id limit 50
    ) w
    order by w.next_due, w.id
) o order by next_due, id limit 50
