-- Stores that the file being taken in shows contents that are known. Gives no result.
INSERT INTO known_row BY NAME
SELECT
    $file_id AS file_id,
    known_at_of($is_history, dated_at, $received_at) AS known_at,
    line_number, report_id, content_id, content_file_id, content_line_number
FROM known_line
ORDER BY line_number;
