WITH edges AS (
  SELECT person AS a, relative AS b, row_ref FROM kin UNION ALL SELECT relative AS a, person AS b, row_ref FROM kin
),
near AS (
  SELECT c.village AS village, c.row_ref AS cadre_ref, e.b AS person, e.row_ref AS kin_ref FROM cadre AS c JOIN edges AS e ON c.person = e.a
  UNION ALL
  SELECT c.village AS village, c.row_ref AS cadre_ref, f.b AS person, f.row_ref AS kin_ref
  FROM cadre AS c JOIN edges AS e ON c.person = e.a JOIN edges AS f ON e.b = f.a WHERE f.b <> c.person
),
people AS (SELECT DISTINCT person, village, county, min(row_ref) AS resident_ref FROM resident GROUP BY person, village, county),
drawn AS (SELECT person, min(row_ref) AS beneficiary_ref FROM beneficiary GROUP BY person),
kindred AS (
  SELECT village, person, min(cadre_ref) AS cadre_ref, min(kin_ref) AS kin_ref FROM near
  WHERE person NOT IN (SELECT person FROM cadre WHERE person IS NOT NULL) GROUP BY village, person
),
counted AS (
  SELECT p.village, p.county, p.person, k.cadre_ref, k.kin_ref, d.beneficiary_ref,
    CASE WHEN k.person IS NULL THEN 0 ELSE 1 END AS is_kin, CASE WHEN d.person IS NULL THEN 0 ELSE 1 END AS is_drawn
  FROM people AS p LEFT JOIN kindred AS k ON p.village = k.village AND p.person = k.person LEFT JOIN drawn AS d ON p.person = d.person
)
SELECT village AS village, any_value(county) AS county, count(*) AS people, sum(is_kin) AS linked, sum(is_drawn) AS recipients,
  sum(is_kin * is_drawn) AS observed,
  array_agg(beneficiary_ref) FILTER (WHERE is_kin * is_drawn = 1) AS beneficiary_rows,
  array_agg(DISTINCT cadre_ref) FILTER (WHERE is_kin * is_drawn = 1) AS cadre_rows,
  array_agg(DISTINCT kin_ref) FILTER (WHERE is_kin * is_drawn = 1) AS kin_rows
FROM counted
GROUP BY village
HAVING sum(is_kin) > 0 AND sum(is_drawn) > 0
