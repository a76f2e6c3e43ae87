-- One row a row of the file being taken in: line_number, report_id, is_known; by line.
SELECT
    s.line_number,
    report_id_of($source_id, s.source_row_id, s.content_id, r.occurrence) AS report_id,
    false AS is_known
FROM staged_row AS s
ANTI JOIN known_line AS k USING (line_number)
LEFT JOIN repeated_row AS r USING (line_number)
UNION ALL
SELECT line_number, report_id, true AS is_known
FROM known_line
ORDER BY line_number;
