-- One row a week, district and category that has a report which is counted, as known at the moment
-- that current_report stands for: iso_week, district_id, category_code; incident_count and
-- report_count of kind incident (the number of incidents stated, and of reports), and the number
-- of environment cases and of what was found by effort. Context is not counted.
-- An incident of several reports is counted once, in the cell of the report that leads; each
-- report is counted in its own cell.
SELECT
    v.iso_week,
    v.district_id,
    v.category_code,
    coalesce(
        sum(
            CASE
                WHEN j.report_id IS NULL THEN v.incident_number
                WHEN j.is_lead_report THEN j.incident_number
                ELSE 0
            END
        ) FILTER (v.kind = 'incident'),
        0
    )::BIGINT AS incident_count,
    count(*) FILTER (v.kind = 'incident') AS report_count,
    coalesce(sum(v.incident_number) FILTER (v.kind = 'environment_case'), 0)::BIGINT
        AS environment_case_count,
    coalesce(sum(v.incident_number) FILTER (v.kind = 'found_by_effort'), 0)::BIGINT
        AS found_by_effort_count
FROM current_report AS c
INNER JOIN report_version AS v
    ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
LEFT JOIN joined_report AS j ON c.report_id = j.report_id
WHERE v.kind <> 'context' AND v.category_code IS NOT NULL
GROUP BY v.iso_week, v.district_id, v.category_code
ORDER BY v.iso_week, v.district_id, v.category_code;
