-- One row a week, district and category that has a report which is counted, as known at the moment
-- that the view report stands for: iso_week, district_id, category_code; incident_count and
-- report_count of kind incident (the number of incidents stated, and of reports), and the number
-- of environment cases and of what was found by effort. Context is not counted.
SELECT
    iso_week,
    district_id,
    category_code,
    coalesce(sum(incident_number) FILTER (kind = 'incident'), 0)::BIGINT AS incident_count,
    count(*) FILTER (kind = 'incident') AS report_count,
    coalesce(sum(incident_number) FILTER (kind = 'environment_case'), 0)::BIGINT
        AS environment_case_count,
    coalesce(sum(incident_number) FILTER (kind = 'found_by_effort'), 0)::BIGINT
        AS found_by_effort_count
FROM report
WHERE kind <> 'context' AND category_code IS NOT NULL
GROUP BY iso_week, district_id, category_code
ORDER BY iso_week, district_id, category_code;
