-- A reversal is a negative claim: what counts is that more was paid in the end than the invoice is worth.
WITH exact AS (
  SELECT invoice, seller, count(*) AS claims, count(DISTINCT unit) AS units, max(amount) AS amount, sum(amount) AS total, array_agg(row_ref) AS claim_rows
  FROM claim WHERE invoice IS NOT NULL
  GROUP BY invoice, seller
  HAVING count(*) FILTER (WHERE amount > 0) >= 2 AND sum(amount) > max(amount)
),
near AS (
  SELECT seller, issued_on, amount, count(*) AS claims, count(DISTINCT unit) AS units, sum(amount) AS total, array_agg(row_ref) AS claim_rows
  FROM claim WHERE seller IS NOT NULL AND amount >= :near_amount_least
  GROUP BY seller, issued_on, amount
  HAVING count(DISTINCT invoice) >= 2 AND count(DISTINCT unit) >= 2
)
SELECT seller AS seller, 1 AS exact, claims AS claims, units AS units, amount AS amount, total AS total, claim_rows AS claim_rows FROM exact
UNION ALL
SELECT seller, 0, claims, units, amount, total, claim_rows FROM near
