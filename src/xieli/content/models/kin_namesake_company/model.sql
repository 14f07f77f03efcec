-- A holder with a number is either the relative himself (model 15 finds him) or somebody else: only nameless numbers are left to ask about.
WITH near AS (
  SELECT person AS cadre, relative_name AS name, row_ref FROM kin WHERE relative_name IS NOT NULL
),
same AS (
  SELECT c.person AS cadre, c.row_ref AS cadre_ref, n.row_ref AS kin_ref, r.row_ref AS role_ref, r.company, c.body
  FROM cadre AS c JOIN near AS n ON c.person = n.cadre JOIN role AS r ON n.name = r.name WHERE r.person IS NULL
),
won AS (
  SELECT s.cadre, s.company, s.cadre_ref, s.kin_ref, s.role_ref, k.row_ref AS contract_ref, k.amount
  FROM same AS s JOIN contract AS k ON s.company = k.company AND s.body = k.buyer
),
paid AS (
  SELECT cadre, company, count(*) AS contracts, sum(amount) AS total FROM (SELECT DISTINCT cadre, company, contract_ref, amount FROM won) AS one GROUP BY cadre, company
)
SELECT w.cadre AS cadre, w.company AS company, min(p.contracts) AS contracts, min(p.total) AS total, array_agg(DISTINCT w.cadre_ref) AS cadre_rows,
  array_agg(DISTINCT w.kin_ref) AS kin_rows, array_agg(DISTINCT w.role_ref) AS role_rows, array_agg(DISTINCT w.contract_ref) AS contract_rows
FROM won AS w JOIN paid AS p ON w.cadre = p.cadre AND w.company = p.company
GROUP BY w.cadre, w.company
