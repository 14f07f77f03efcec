select id, title, kind, next_due from matter m
where grams @> '{G}'::varchar[] and status = any ('{{open}}')
  and m.acl && '{P}'::integer[] and m.level <= {L} and m.comps <@ '{C}'::integer[]
  and case when m.sure_until > '{T}'::timestamptz then not m.deny && '{ME}'::integer[] else {EXACT} end
order by next_due nulls last, id limit 50
