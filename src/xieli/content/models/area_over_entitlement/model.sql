WITH claimed AS (
  SELECT plot, season, sum(area) AS area, count(DISTINCT person) AS claimants, array_agg(row_ref) AS claim_rows
  FROM claim WHERE plot IS NOT NULL GROUP BY plot, season
),
entitled AS (SELECT plot, max(area) AS area, array_agg(row_ref) AS entitlement_rows FROM entitlement GROUP BY plot)
SELECT c.plot AS plot, c.season AS season, round(c.area, 4) AS claimed, e.area AS entitled, c.claimants AS claimants,
  c.claim_rows AS claim_rows, e.entitlement_rows AS entitlement_rows
FROM claimed AS c JOIN entitled AS e ON c.plot = e.plot
WHERE c.area > e.area * (1 + :over_share) AND c.area - e.area > :over_mu
