-- Duplicate death records must not multiply payments: people are matched first, then each side is counted once.
WITH late AS (
  SELECT p.person, p.row_ref AS payment_ref, p.amount, p.paid_on, d.row_ref AS death_ref, d.died_on
  FROM payment AS p JOIN death AS d ON p.person = d.person
  WHERE p.paid_on > d.died_on
),
dead AS (
  SELECT person, min(died_on) AS died_on, array_agg(DISTINCT death_ref) AS death_rows FROM late GROUP BY person
),
paid AS (SELECT DISTINCT person, payment_ref, amount, paid_on FROM late)
SELECT paid.person AS person, dead.died_on AS died_on, count(*) AS payments, sum(paid.amount) AS total,
  max(paid.paid_on) AS last_paid, array_agg(paid.payment_ref) AS payment_rows, any_value(dead.death_rows) AS death_rows
FROM paid JOIN dead ON paid.person = dead.person
GROUP BY paid.person, dead.died_on
HAVING count(*) >= :payments_least OR max(date_diff('day', dead.died_on, paid.paid_on)) > :grace_days
