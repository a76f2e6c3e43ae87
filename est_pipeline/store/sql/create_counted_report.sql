-- Derives what each report counts for at the moment that the view report stands for. Gives no result.
-- One row a report of a kind that is counted: report_id, source_id, kind, received_at; of its
-- incident (of itself for the other kinds) iso_week, district_id, category_code, incident_number and
-- incident_id; and is_first, true for the one report of its incident that was known first. An
-- incident is counted once, at its first report, so that a report that joins it later changes
-- nothing.
CREATE OR REPLACE TEMP TABLE counted_report AS
WITH joined AS (
    SELECT
        j.incident_id,
        any_value(j.incident_number) AS incident_number,
        any_value(r.iso_week) FILTER (j.is_lead_report) AS iso_week,
        any_value(r.district_id) FILTER (j.is_lead_report) AS district_id,
        any_value(r.category_code) FILTER (j.is_lead_report) AS category_code,
        (min(row(r.received_at, r.report_id)))[2] AS first_report_id
    FROM joined_report AS j
    INNER JOIN report AS r USING (report_id)
    GROUP BY j.incident_id
)

SELECT
    r.report_id, r.source_id, r.kind, r.received_at,
    coalesce(i.iso_week, r.iso_week) AS iso_week,
    coalesce(i.district_id, r.district_id) AS district_id,
    coalesce(i.category_code, r.category_code) AS category_code,
    coalesce(i.incident_number, r.incident_number) AS incident_number,
    coalesce(j.incident_id, r.report_id) AS incident_id,
    coalesce(i.first_report_id = r.report_id, true) AS is_first
FROM report AS r
LEFT JOIN joined_report AS j ON r.report_id = j.report_id
LEFT JOIN joined AS i ON j.incident_id = i.incident_id
WHERE r.kind <> 'context' AND r.category_code IS NOT NULL;
