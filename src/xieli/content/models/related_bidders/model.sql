WITH entered AS (SELECT DISTINCT tender, company, min(row_ref) AS bid_ref FROM bid WHERE company IS NOT NULL GROUP BY tender, company),
traits AS (
  SELECT 1 AS kind, company, CAST(phone AS VARCHAR) AS shared, row_ref AS company_ref, NULL AS shareholder_ref FROM company WHERE phone IS NOT NULL
  UNION ALL SELECT 2, company, address, row_ref, NULL FROM company WHERE address IS NOT NULL
  UNION ALL SELECT 3, company, CAST(legal AS VARCHAR), row_ref, NULL FROM company WHERE legal IS NOT NULL
  UNION ALL SELECT 4, company, CAST(person AS VARCHAR), NULL, row_ref FROM shareholder WHERE person IS NOT NULL
),
rare AS (SELECT kind, shared, count(DISTINCT company) AS firms FROM traits GROUP BY kind, shared HAVING count(DISTINCT company) BETWEEN 2 AND :firms_most),
linked AS (
  SELECT a.kind, a.company AS x, b.company AS y, r.firms, a.company_ref AS ca, b.company_ref AS cb, a.shareholder_ref AS sa, b.shareholder_ref AS sb
  FROM traits AS a JOIN traits AS b ON a.kind = b.kind AND a.shared = b.shared AND a.company < b.company
    JOIN rare AS r ON a.kind = r.kind AND a.shared = r.shared
),
together AS (
  SELECT p.tender, p.company AS x, q.company AS y, p.bid_ref AS bx, q.bid_ref AS by_ref, l.kind, l.firms, l.ca, l.cb, l.sa, l.sb
  FROM entered AS p JOIN entered AS q ON p.tender = q.tender AND p.company < q.company
    JOIN linked AS l ON p.company = l.x AND q.company = l.y
),
refs AS (
  SELECT tender, x, y, 1 AS side, bx AS ref FROM together UNION SELECT tender, x, y, 1, by_ref FROM together
  UNION SELECT tender, x, y, 2, ca FROM together WHERE ca IS NOT NULL UNION SELECT tender, x, y, 2, cb FROM together WHERE cb IS NOT NULL
  UNION SELECT tender, x, y, 3, sa FROM together WHERE sa IS NOT NULL UNION SELECT tender, x, y, 3, sb FROM together WHERE sb IS NOT NULL
),
evidence AS (
  SELECT tender, x, y, array_agg(ref) FILTER (WHERE side = 1) AS bid_rows, array_agg(ref) FILTER (WHERE side = 2) AS company_rows,
    array_agg(ref) FILTER (WHERE side = 3) AS shareholder_rows
  FROM refs GROUP BY tender, x, y
)
SELECT t.tender AS tender, t.x AS first, t.y AS second, max(CASE WHEN t.kind = 1 THEN 1 ELSE 0 END) AS same_phone,
  max(CASE WHEN t.kind = 2 THEN 1 ELSE 0 END) AS same_address, max(CASE WHEN t.kind = 3 THEN 1 ELSE 0 END) AS same_legal,
  max(CASE WHEN t.kind = 4 THEN 1 ELSE 0 END) AS same_shareholder, min(t.firms) AS rarest,
  any_value(e.bid_rows) AS bid_rows, any_value(e.company_rows) AS company_rows, any_value(e.shareholder_rows) AS shareholder_rows
FROM together AS t JOIN evidence AS e ON t.tender = e.tender AND t.x = e.x AND t.y = e.y
GROUP BY t.tender, t.x, t.y
