-- Hops: each step of kinship one, a post in the company one, the contract one; a second company through a shared
-- officer adds two.
WITH edges AS (
  SELECT person AS a, relative AS b, row_ref FROM kin UNION ALL SELECT relative AS a, person AS b, row_ref FROM kin
),
around AS (
  SELECT c.row_ref AS cadre_ref, c.person AS cadre, c.body, c.starts_on, c.ends_on, c.person AS person, 0 AS steps, NULL AS kin1, NULL AS kin2 FROM cadre AS c
  UNION ALL
  SELECT c.row_ref, c.person, c.body, c.starts_on, c.ends_on, e.b, 1, e.row_ref, NULL FROM cadre AS c JOIN edges AS e ON c.person = e.a
  UNION ALL
  SELECT c.row_ref, c.person, c.body, c.starts_on, c.ends_on, f.b, 2, e.row_ref, f.row_ref
  FROM cadre AS c JOIN edges AS e ON c.person = e.a JOIN edges AS f ON e.b = f.a WHERE f.b <> c.person
),
holding AS (
  SELECT r.row_ref, r.person, r.company, r.starts_on, coalesce(r.ends_on, DATE '9999-12-31') AS ends_on FROM role AS r
),
reached AS (
  SELECT a.cadre_ref, a.cadre, a.body, a.starts_on AS post_from, coalesce(a.ends_on, DATE '9999-12-31') AS post_to, a.kin1, a.kin2,
    h.person AS holder, h.company, h.starts_on AS from_on, h.ends_on AS to_on, h.row_ref AS role1, NULL AS role2, NULL AS role3, a.steps + 2 AS hops
  FROM around AS a JOIN holding AS h ON a.person = h.person
  UNION ALL
  SELECT a.cadre_ref, a.cadre, a.body, a.starts_on, coalesce(a.ends_on, DATE '9999-12-31'), a.kin1, a.kin2,
    h.person, h3.company, h3.starts_on, h3.ends_on, h.row_ref, h2.row_ref, h3.row_ref, a.steps + 4
  FROM around AS a JOIN holding AS h ON a.person = h.person
    JOIN holding AS h2 ON h.company = h2.company AND h.person <> h2.person AND h.starts_on <= h2.ends_on AND h2.starts_on <= h.ends_on
    JOIN holding AS h3 ON h2.person = h3.person AND h3.company <> h.company AND h2.starts_on <= h3.ends_on AND h3.starts_on <= h2.ends_on
  WHERE a.steps <= 1
),
won AS (
  SELECT r.*, k.amount, k.signed_on, k.row_ref AS contract_ref
  FROM reached AS r JOIN contract AS k ON r.company = k.company AND r.body = k.buyer
  WHERE k.signed_on BETWEEN r.from_on AND r.to_on AND k.signed_on BETWEEN r.post_from AND r.post_to AND r.hops <= :hops
),
nearest AS (SELECT w.*, min(w.hops) OVER (PARTITION BY w.cadre, w.body, w.company) AS least FROM won AS w),
best AS (SELECT n.* FROM nearest AS n WHERE n.hops = n.least),
who AS (SELECT cadre, body, company, min(holder) AS holder, min(hops) AS hops, array_agg(DISTINCT cadre_ref) AS cadre_rows FROM best GROUP BY cadre, body, company),
paid AS (
  SELECT cadre, body, company, count(*) AS contracts, sum(amount) AS total, min(signed_on) AS first_signed, array_agg(contract_ref) AS contract_rows
  FROM (SELECT DISTINCT cadre, body, company, contract_ref, amount, signed_on FROM best) AS one GROUP BY cadre, body, company
),
kinds AS (
  SELECT cadre, body, company, array_agg(DISTINCT ref) AS kin_rows
  FROM (SELECT cadre, body, company, kin1 AS ref FROM best UNION ALL SELECT cadre, body, company, kin2 AS ref FROM best) AS k WHERE ref IS NOT NULL GROUP BY cadre, body, company
),
posts AS (
  SELECT cadre, body, company, array_agg(DISTINCT ref) AS role_rows
  FROM (
    SELECT cadre, body, company, role1 AS ref FROM best UNION ALL SELECT cadre, body, company, role2 AS ref FROM best
    UNION ALL SELECT cadre, body, company, role3 AS ref FROM best
  ) AS r WHERE ref IS NOT NULL GROUP BY cadre, body, company
)
SELECT w.cadre AS cadre, w.body AS body, w.holder AS holder, w.company AS company, w.hops AS hops, p.contracts AS contracts, p.total AS total,
  p.first_signed AS first_signed, w.cadre_rows AS cadre_rows, k.kin_rows AS kin_rows, o.role_rows AS role_rows, p.contract_rows AS contract_rows
FROM who AS w JOIN paid AS p ON w.cadre = p.cadre AND w.body = p.body AND w.company = p.company
  JOIN posts AS o ON w.cadre = o.cadre AND w.body = o.body AND w.company = o.company
  LEFT JOIN kinds AS k ON w.cadre = k.cadre AND w.body = k.body AND w.company = k.company
