(exists (select 1 from matter_grant g where g.matter_id = m.id and g.principal = any ('{P}'::integer[]) and 'read' = any (g.acts)
         and g.starts_at <= '{T}'::timestamptz and '{T}'::timestamptz < g.ends_at and (g.revoked_at is null or '{T}'::timestamptz < g.revoked_at) and g.basis <> '')
 and not exists (select 1 from recusal r where r.matter_id = m.id and r.principal = any ('{ME}'::integer[]) and r.state = 'in_force'
         and r.starts_at <= '{T}'::timestamptz and '{T}'::timestamptz < r.ends_at))
