WITH member AS (SELECT household, person, min(row_ref) AS support_ref FROM support WHERE household IS NOT NULL GROUP BY household, person),
cars AS (
  SELECT m.household, count(DISTINCT v.row_ref) AS n, array_agg(DISTINCT v.row_ref) AS refs
  FROM member AS m JOIN vehicle AS v ON m.person = v.person GROUP BY m.household
),
homes AS (
  SELECT m.household, count(DISTINCT h.row_ref) AS n, array_agg(DISTINCT h.row_ref) AS refs
  FROM member AS m JOIN property AS h ON m.person = h.person GROUP BY m.household
),
firms AS (
  SELECT m.household, count(DISTINCT c.row_ref) AS n, array_agg(DISTINCT c.row_ref) AS refs
  FROM member AS m JOIN company_role AS c ON m.person = c.person GROUP BY m.household
),
family AS (SELECT household, array_agg(support_ref) AS support_rows FROM member GROUP BY household)
SELECT f.household AS household, coalesce(cars.n, 0) AS vehicles, coalesce(homes.n, 0) AS homes, coalesce(firms.n, 0) AS companies,
  f.support_rows AS support_rows, cars.refs AS vehicle_rows, homes.refs AS property_rows, firms.refs AS company_role_rows
FROM family AS f LEFT JOIN cars ON f.household = cars.household LEFT JOIN homes ON f.household = homes.household
  LEFT JOIN firms ON f.household = firms.household
WHERE coalesce(cars.n, 0) > :vehicles_allowed OR coalesce(homes.n, 0) > :homes_allowed OR coalesce(firms.n, 0) > :companies_allowed
