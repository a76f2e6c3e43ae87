-- One row an ISO week: iso_week, report_count of the file's rows that are new to the store; by week.
SELECT iso_week, count(*) AS report_count
FROM staged_row
ANTI JOIN known_line USING (line_number)
GROUP BY iso_week
ORDER BY iso_week;
