-- One row a report of the weeks from $first_week to $last_week, and those of another week whose
-- incident counts in one of these: the columns of domain.schemas.REPORT_COLUMNS, by week, start
-- and id.
SELECT *
FROM report
WHERE iso_week BETWEEN $first_week AND $last_week
    OR incident_id IN (
        SELECT l.incident_id
        FROM joined_report AS j
        INNER JOIN report AS l USING (report_id)
        WHERE l.is_lead_report AND l.iso_week BETWEEN $first_week AND $last_week
    )
ORDER BY iso_week, occurred_from, report_id;
