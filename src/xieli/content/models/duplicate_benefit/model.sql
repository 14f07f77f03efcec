WITH monthly AS (
  SELECT row_ref, person, programme, area, amount, year(paid_on) * 12 + month(paid_on) AS ym FROM payment
),
pairs AS (
  SELECT a.person, a.ym, a.row_ref AS first_ref, b.row_ref AS second_ref
  FROM monthly AS a JOIN monthly AS b ON a.person = b.person AND a.ym = b.ym AND a.row_ref < b.row_ref
  WHERE (a.programme = b.programme AND a.area <> b.area)
    OR strpos(:incompatible, ',' || least(a.programme, b.programme) || '+' || greatest(a.programme, b.programme) || ',') > 0
),
involved AS (
  SELECT person, ym, first_ref AS ref FROM pairs UNION SELECT person, ym, second_ref AS ref FROM pairs
)
SELECT i.person AS person, count(DISTINCT i.ym) AS months, count(DISTINCT m.area) AS areas, sum(m.amount) AS total,
  array_agg(DISTINCT i.ref) AS payment_rows
FROM involved AS i JOIN monthly AS m ON i.ref = m.row_ref
GROUP BY i.person
HAVING count(DISTINCT i.ym) >= :months_least
