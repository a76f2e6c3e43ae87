-- One row: accepted_count and known_count of the file being taken in, whichever form it has.
SELECT
    (SELECT count(*) FROM staged_row ANTI JOIN known_line USING (line_number))
    + (SELECT count(*) FROM staged_note ANTI JOIN known_note USING (line_number)) AS accepted_count,
    (SELECT count(*) FROM known_line) + (SELECT count(*) FROM known_note) AS known_count;
