-- Adds a chunk of rows of the meeting's form to staged_note, one row each. Gives no result.
-- The content's id is a hash of its cells (already masked); a row without an id has it for one.
INSERT INTO staged_note
SELECT
    line_number,
    $source_id || ':' || coalesce(own_id, left(sha256(row_key), 20)) AS note_id,
    coalesce(own_id, left(sha256(row_key), 20)) AS own_id,
    left(sha256(row_key), 20) AS content_id,
    note_type, meeting_week, problem, likely_cause, measure, place_text, district_id,
    lon, lat, precision_m, function_name, due_on::DATE AS due_on, "state", "comment"
FROM note_chunk;
