WITH inside AS (
  SELECT p.person, p.row_ref AS payment_ref, p.amount, p.paid_on, c.row_ref AS custody_ref
  FROM payment AS p JOIN custody AS c ON p.person = c.person
  WHERE date_diff('day', c.starts_on, p.paid_on) >= :cycle_days AND (c.ends_on IS NULL OR p.paid_on <= c.ends_on)
    AND strpos(:lawful_programmes, ',' || coalesce(p.programme, '') || ',') = 0
),
held AS (SELECT person, array_agg(DISTINCT custody_ref) AS custody_rows FROM inside GROUP BY person),
paid AS (SELECT DISTINCT person, payment_ref, amount, paid_on FROM inside)
SELECT paid.person AS person, count(*) AS payments, sum(paid.amount) AS total, min(paid.paid_on) AS first_paid,
  max(paid.paid_on) AS last_paid, array_agg(paid.payment_ref) AS payment_rows, any_value(held.custody_rows) AS custody_rows
FROM paid JOIN held ON paid.person = held.person
GROUP BY paid.person
