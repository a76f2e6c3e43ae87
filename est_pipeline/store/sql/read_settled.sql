-- One row: accepted_count and known_count of the file being taken in.
SELECT
    (SELECT count(*) FROM staged_row ANTI JOIN known_line USING (line_number)) AS accepted_count,
    (SELECT count(*) FROM known_line) AS known_count;
