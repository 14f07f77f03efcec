select opened_at, id from matter m
where grams @> '{G}'::varchar[]
  and m.acl && '{P}'::integer[] and m.level <= {L} and m.comps <@ '{C}'::integer[]
  and case when m.sure_until > '{T}'::timestamptz then not m.deny && '{ME}'::integer[] else {EXACT} end
limit 2001
