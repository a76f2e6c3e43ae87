-- One row a report of the weeks from $first_week to $last_week: the columns of
-- domain.schemas.REPORT_COLUMNS, by week, start and id.
SELECT *
FROM report
WHERE iso_week BETWEEN $first_week AND $last_week
ORDER BY iso_week, occurred_from, report_id;
