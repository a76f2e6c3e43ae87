-- Stores the accepted rows of the file being taken in. Gives no result.
INSERT INTO report_version BY NAME
SELECT
    $file_id AS file_id,
    report_id_of($source_id, s.source_row_id, s.content_id, r.occurrence) AS report_id,
    known_at_of($is_history, s.reported_at, $received_at) AS known_at,
    s.* EXCLUDE (repeat_key, source_row_id)
FROM staged_row AS s
ANTI JOIN known_line AS k USING (line_number)
LEFT JOIN repeated_row AS r USING (line_number);
