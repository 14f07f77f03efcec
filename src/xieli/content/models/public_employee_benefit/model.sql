WITH both_at_once AS (
  SELECT p.person, p.row_ref AS payment_ref, p.amount, p.paid_on, e.row_ref AS payroll_ref
  FROM payment AS p JOIN payroll AS e ON p.person = e.person
  WHERE p.paid_on >= e.starts_on AND (e.ends_on IS NULL OR p.paid_on <= e.ends_on)
    AND strpos(:lawful_programmes, ',' || coalesce(p.programme, '') || ',') = 0
),
employed AS (SELECT person, array_agg(DISTINCT payroll_ref) AS payroll_rows FROM both_at_once GROUP BY person),
paid AS (SELECT DISTINCT person, payment_ref, amount, paid_on FROM both_at_once)
SELECT paid.person AS person, count(DISTINCT year(paid.paid_on) * 12 + month(paid.paid_on)) AS months,
  sum(paid.amount) AS total, min(paid.paid_on) AS first_paid, max(paid.paid_on) AS last_paid,
  array_agg(paid.payment_ref) AS payment_rows, any_value(employed.payroll_rows) AS payroll_rows
FROM paid JOIN employed ON paid.person = employed.person
GROUP BY paid.person
HAVING count(DISTINCT year(paid.paid_on) * 12 + month(paid.paid_on)) >= :months_least
