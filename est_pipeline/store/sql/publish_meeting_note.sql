-- One row a decision or note: the columns of publish.MEETING_NOTE_DOCUMENTATION, by week and id.
SELECT
    note_id, source_id, own_id, note_type, meeting_week, problem, likely_cause, measure, place_text,
    district_id, lon, lat, precision_m, function_name, due_on, "state", "comment", file_name, line_number, first_known_at,
    version_at
FROM current_note
ORDER BY meeting_week, first_known_at, note_id;
