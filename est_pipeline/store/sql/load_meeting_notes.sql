-- Stores the rows of the file of the meeting's form that is being taken in, and those of an earlier
-- file with the same bytes ($repeat_of) as known. Gives no result.
-- A new row is dated by when it was saved, which is never after its file came, else by $version_at;
-- a known row says nothing newer than when it was first shown.
INSERT INTO meeting_note BY NAME
SELECT
    s.*,
    $file_id AS file_id,
    k.line_number IS NOT NULL AS is_known,
    coalesce(k.version_at, least(s.saved_at, $version_at), $version_at) AS version_at
FROM staged_note AS s
LEFT JOIN known_note AS k USING (line_number)
UNION ALL BY NAME
SELECT * REPLACE ($file_id AS file_id, true AS is_known)
FROM meeting_note
WHERE file_id = $repeat_of
    AND line_number NOT IN (SELECT line_number FROM staged_note);
