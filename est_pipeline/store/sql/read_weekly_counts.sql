-- One row a week, district and category that has a report which is counted, as known at the moment
-- that the view report stands for: iso_week, district_id, category_code; incident_count and
-- report_count of kind incident (the number of incidents stated, and of reports), and the number
-- of environment cases and of what was found by effort. Context is not counted.
-- An incident of several reports is counted once, in the cell of the report that leads; each
-- report is counted in its own cell.
SELECT
    r.iso_week,
    r.district_id,
    r.category_code,
    coalesce(
        sum(
            CASE
                WHEN j.report_id IS NULL THEN r.incident_number
                WHEN j.is_lead_report THEN j.incident_number
                ELSE 0
            END
        ) FILTER (r.kind = 'incident'),
        0
    )::BIGINT AS incident_count,
    count(*) FILTER (r.kind = 'incident') AS report_count,
    coalesce(sum(r.incident_number) FILTER (r.kind = 'environment_case'), 0)::BIGINT
        AS environment_case_count,
    coalesce(sum(r.incident_number) FILTER (r.kind = 'found_by_effort'), 0)::BIGINT
        AS found_by_effort_count
FROM report AS r
LEFT JOIN joined_report AS j USING (report_id)
WHERE r.kind <> 'context' AND r.category_code IS NOT NULL
GROUP BY r.iso_week, r.district_id, r.category_code
ORDER BY r.iso_week, r.district_id, r.category_code;
