WITH near AS (
  SELECT row_ref, buyer, company, class, amount, CAST(signed_on AS DATE) AS signed_on FROM contract
  WHERE amount >= :limit * :low_share AND amount < :limit AND company IS NOT NULL
),
windows AS (
  SELECT a.buyer, a.company, a.class, a.row_ref AS start_ref, a.signed_on AS first_signed, count(*) AS contracts, sum(b.amount) AS total,
    max(b.signed_on) AS last_signed, array_agg(b.row_ref) AS contract_rows
  FROM near AS a JOIN near AS b ON a.buyer = b.buyer AND a.company = b.company AND a.class = b.class
    AND date_diff('day', a.signed_on, b.signed_on) BETWEEN 0 AND :days AND (b.signed_on > a.signed_on OR b.row_ref >= a.row_ref)
  GROUP BY a.buyer, a.company, a.class, a.row_ref, a.signed_on
  HAVING count(*) >= :contracts_least AND sum(b.amount) > :limit
),
ranked AS (
  SELECT w.*, row_number() OVER (PARTITION BY buyer, company, class ORDER BY contracts DESC, total DESC, first_signed, start_ref) AS place FROM windows AS w
)
SELECT buyer AS buyer, company AS company, class AS class, contracts AS contracts, total AS total, first_signed AS first_signed,
  last_signed AS last_signed, contract_rows AS contract_rows
FROM ranked WHERE place = 1
