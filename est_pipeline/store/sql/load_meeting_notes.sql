-- Stores the rows of the file of the meeting's form that is being taken in, and those of an earlier
-- file with the same bytes ($repeat_of) as known. Gives no result.
INSERT INTO meeting_note BY NAME
SELECT s.*, $file_id AS file_id, k.line_number IS NOT NULL AS is_known
FROM staged_note AS s
LEFT JOIN known_note AS k USING (line_number)
UNION ALL BY NAME
SELECT * REPLACE ($file_id AS file_id, true AS is_known)
FROM meeting_note
WHERE file_id = $repeat_of
    AND line_number NOT IN (SELECT line_number FROM staged_note);
