-- One row a source and ISO week from $first_week to $last_week, as known at the moment that
-- current_report stands for: source_id, iso_week, report_count; by source and week. What says that
-- there is nothing to report is no report.
SELECT d.source_id, v.iso_week, count(*) AS report_count
FROM current_report AS c
INNER JOIN report_version AS v
    ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
INNER JOIN delivery AS d ON v.file_id = d.file_id
WHERE v.iso_week BETWEEN $first_week AND $last_week
    AND v.report_type <> 'inget att rapportera'
GROUP BY d.source_id, v.iso_week
ORDER BY d.source_id, v.iso_week;
