-- Adds a chunk of rows of the meeting's form to staged_note, one row each. Gives no result.
-- The content's id is a hash of its cells (already masked) and of when it was saved: the same words
-- saved again are said again. A row without an id has the hash of its cells for one. The type is part
-- of the note's id, so that a decision and a note never meet.
INSERT INTO staged_note
SELECT
    line_number,
    $source_id || ':' || note_type || ':' || coalesce(own_id, left(sha256(row_key), 20)) AS note_id,
    coalesce(own_id, left(sha256(row_key), 20)) AS own_id,
    left(sha256(row_key || coalesce(epoch_us(saved_at)::VARCHAR, '')), 20) AS content_id,
    saved_at,
    note_type, meeting_week, problem, likely_cause, measure, place_text, district_id,
    lon, lat, precision_m, function_name, due_on::DATE AS due_on, "state", "comment", emptied
FROM note_chunk;
