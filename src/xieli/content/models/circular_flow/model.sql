WITH t AS (SELECT row_ref, payer, payee, amount, made_at FROM txn WHERE amount >= :amount_least * :retained AND payer <> payee),
h1 AS (
  SELECT payer AS start_at, payee AS n1, row_ref AS r1, amount AS a1, made_at AS t1 FROM t WHERE amount >= :amount_least
),
h2 AS (
  SELECT h.start_at, h.n1, t.payee AS n2, h.r1, t.row_ref AS r2, h.a1, t.amount AS a2, h.t1, t.made_at AS t2
  FROM h1 AS h JOIN t ON h.n1 = t.payer
  WHERE t.made_at > h.t1 AND date_diff('day', CAST(h.t1 AS DATE), CAST(t.made_at AS DATE)) <= :days AND t.amount BETWEEN h.a1 * :retained AND h.a1 * :grown
),
h3 AS (
  SELECT h.start_at, h.n1, h.n2, t.payee AS n3, h.r1, h.r2, t.row_ref AS r3, h.a1, t.amount AS a3, h.t1, t.made_at AS t3
  FROM h2 AS h JOIN t ON h.n2 = t.payer
  WHERE :hops_most >= 3 AND h.n2 <> h.start_at AND t.payee <> h.n1 AND t.made_at > h.t2 AND date_diff('day', CAST(h.t1 AS DATE), CAST(t.made_at AS DATE)) <= :days
    AND t.amount BETWEEN h.a1 * :retained AND h.a1 * :grown
),
h4 AS (
  SELECT h.start_at, h.n1, h.n2, h.n3, t.payee AS n4, h.r1, h.r2, h.r3, t.row_ref AS r4, h.a1, t.amount AS a4, h.t1, t.made_at AS t4
  FROM h3 AS h JOIN t ON h.n3 = t.payer
  WHERE :hops_most >= 4 AND h.n3 <> h.start_at AND t.payee <> h.n1 AND t.payee <> h.n2 AND t.made_at > h.t3 AND date_diff('day', CAST(h.t1 AS DATE), CAST(t.made_at AS DATE)) <= :days
    AND t.amount BETWEEN h.a1 * :retained AND h.a1 * :grown
),
h5 AS (
  SELECT h.start_at, t.payee AS n5, h.r1, h.r2, h.r3, h.r4, t.row_ref AS r5, h.a1, t.amount AS a5, h.t1, t.made_at AS t5
  FROM h4 AS h JOIN t ON h.n4 = t.payer
  WHERE :hops_most >= 5 AND h.n4 <> h.start_at AND t.payee = h.start_at AND t.made_at > h.t4 AND date_diff('day', CAST(h.t1 AS DATE), CAST(t.made_at AS DATE)) <= :days
    AND t.amount BETWEEN h.a1 * :retained AND h.a1 * :grown
),
cycles AS (
  SELECT start_at, 2 AS hops, a1, a2 AS back, t1, t2 AS ended, r1, r2, NULL AS r3, NULL AS r4, NULL AS r5 FROM h2 WHERE n2 = start_at
  UNION ALL SELECT start_at, 3, a1, a3, t1, t3, r1, r2, r3, NULL, NULL FROM h3 WHERE n3 = start_at
  UNION ALL SELECT start_at, 4, a1, a4, t1, t4, r1, r2, r3, r4, NULL FROM h4 WHERE n4 = start_at
  UNION ALL SELECT start_at, 5, a1, a5, t1, t5, r1, r2, r3, r4, r5 FROM h5
),
ranked AS (
  SELECT c.*, row_number() OVER (PARTITION BY r1 ORDER BY hops, ended, r2) AS place FROM cycles AS c
)
SELECT start_at AS account, hops AS hops, a1 AS amount_out, back AS amount_back, CAST(t1 AS DATE) AS started_on,
  date_diff('day', CAST(t1 AS DATE), CAST(ended AS DATE)) AS days_taken, [r1, r2, r3, r4, r5] AS txn_rows
FROM ranked WHERE place = 1
