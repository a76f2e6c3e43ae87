-- Finds the reports that leave the store with their district only: those of a combination in the
-- registered frame `coarse_shape`, and those that share an incident with one of them. Gives no
-- result. One row a report: report_id.
CREATE OR REPLACE TEMP TABLE coarse_report AS
WITH own AS (
    SELECT r.report_id, r.incident_id
    FROM report AS r
    INNER JOIN coarse_shape AS s
        ON coalesce(r.category_code, '') = s.category_code
        AND coalesce(r.subcategory_code, '') = s.subcategory_code
        AND coalesce(r.place_type, '') = s.place_type
)

SELECT report_id FROM own
UNION
SELECT j.report_id
FROM joined_report AS j
WHERE j.incident_id IN (SELECT incident_id FROM own);
