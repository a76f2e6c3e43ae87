-- Stores which reports share an incident, out of the registered frame `joined`. Gives no result.
-- The most precise position leads, then the earliest start; a report without a category cannot be
-- counted and leads only where no other report has one either.
INSERT INTO joined_report BY NAME
SELECT
    j.report_id,
    j.incident_id,
    j.join_reason,
    row_number() OVER (
        PARTITION BY j.incident_id
        ORDER BY
            r.category_code IS NULL, r.precision_m NULLS LAST, r.district_id = 'oplacerad',
            r.occurred_from, r.report_id
    ) = 1 AS is_lead_report,
    max(r.incident_number) OVER (PARTITION BY j.incident_id) AS incident_number
FROM joined AS j
INNER JOIN report AS r USING (report_id);
