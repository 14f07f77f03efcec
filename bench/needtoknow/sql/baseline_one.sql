select id, title, kind, next_due from matter m
where m.id = {M}
  and m.acl && '{P}'::integer[] and m.level <= {L} and m.comps <@ '{C}'::integer[]
  and case when m.sure_until > '{T}'::timestamptz then not m.deny && '{ME}'::integer[] else {EXACT} end
