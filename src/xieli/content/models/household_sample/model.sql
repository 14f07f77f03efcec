-- The order is that of the person's token turned by the number of the draw: fixed beforehand, the same on every engine, nobody's choice.
WITH listed AS (
  SELECT person, count(*) AS payments, sum(amount) AS total, max(paid_on) AS last_paid, array_agg(row_ref) AS payment_rows
  FROM payment WHERE person IS NOT NULL GROUP BY person
),
drawn AS (
  SELECT l.person, l.payments, l.total, l.last_paid, l.payment_rows,
    row_number() OVER (ORDER BY ((l.person % 1000003) * (:seed % 1000003)) % 1000003, l.person) AS place
  FROM listed AS l
)
SELECT person AS person, payments AS payments, total AS total, last_paid AS last_paid, payment_rows AS payment_rows FROM drawn WHERE place <= :households
