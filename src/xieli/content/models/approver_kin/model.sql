WITH edges AS (
  SELECT person AS a, relative AS b, row_ref FROM kin UNION ALL SELECT relative AS a, person AS b, row_ref FROM kin
),
pairs AS (
  SELECT o.case_no, o.approver, a.person AS applicant, o.approved_on, o.row_ref AS approval_ref, a.row_ref AS applicant_ref
  FROM approval AS o JOIN applicant AS a ON o.case_no = a.case_no
),
found AS (
  SELECT p.case_no, p.approver, p.applicant, p.approved_on, p.approval_ref, p.applicant_ref, 0 AS distance, NULL AS first_ref, NULL AS second_ref
  FROM pairs AS p WHERE p.approver = p.applicant
  UNION ALL
  SELECT p.case_no, p.approver, p.applicant, p.approved_on, p.approval_ref, p.applicant_ref, 1 AS distance, e.row_ref AS first_ref, NULL AS second_ref
  FROM pairs AS p JOIN edges AS e ON p.approver = e.a AND p.applicant = e.b WHERE p.approver <> p.applicant
  UNION ALL
  SELECT p.case_no, p.approver, p.applicant, p.approved_on, p.approval_ref, p.applicant_ref, 2 AS distance, e.row_ref AS first_ref, f.row_ref AS second_ref
  FROM pairs AS p JOIN edges AS e ON p.approver = e.a JOIN edges AS f ON e.b = f.a AND p.applicant = f.b
  WHERE p.approver <> p.applicant AND e.b <> p.applicant
),
nearest AS (
  SELECT f.*, min(f.distance) OVER (PARTITION BY f.case_no, f.approver, f.applicant) AS least FROM found AS f WHERE f.distance <= :steps
),
refs AS (
  SELECT case_no, approver, applicant, first_ref AS ref FROM nearest WHERE distance = least AND first_ref IS NOT NULL
  UNION SELECT case_no, approver, applicant, second_ref AS ref FROM nearest WHERE distance = least AND second_ref IS NOT NULL
),
chains AS (SELECT case_no, approver, applicant, array_agg(ref) AS kin_rows FROM refs GROUP BY case_no, approver, applicant)
SELECT n.case_no AS case_no, n.approver AS approver, n.applicant AS applicant, min(n.distance) AS distance, min(n.approved_on) AS approved_on,
  array_agg(DISTINCT n.approval_ref) AS approval_rows, array_agg(DISTINCT n.applicant_ref) AS applicant_rows, any_value(c.kin_rows) AS kin_rows
FROM nearest AS n LEFT JOIN chains AS c ON n.case_no = c.case_no AND n.approver = c.approver AND n.applicant = c.applicant
WHERE n.distance = n.least
GROUP BY n.case_no, n.approver, n.applicant
