-- A person without a household stands for a household of his own; a second record of a person must not double a sum.
WITH home AS (SELECT person, min(household) AS household, min(row_ref) AS home_ref FROM household GROUP BY person),
drawn AS (
  SELECT p.account, p.person, p.amount, p.row_ref, h.household, h.home_ref FROM payment AS p LEFT JOIN home AS h ON p.person = h.person
  WHERE p.account IS NOT NULL AND p.person IS NOT NULL
)
SELECT account AS account, count(DISTINCT person) AS people, count(DISTINCT coalesce(household, person)) AS households,
  sum(amount) AS total, array_agg(row_ref) AS payment_rows, array_agg(DISTINCT home_ref) FILTER (WHERE home_ref IS NOT NULL) AS household_rows
FROM drawn
GROUP BY account
HAVING count(DISTINCT coalesce(household, person)) >= :unrelated_least
