-- Deletes every row of the reports in weeded_report, and of the decisions and notes of meetings in
-- weeded_note. Gives no result.
DELETE FROM placement
WHERE (file_id, line_number) IN (
    SELECT (file_id, line_number)
    FROM report_version
    WHERE report_id IN (SELECT report_id FROM weeded_report)
);
DELETE FROM withdrawn_row
WHERE (file_id, line_number) IN (
    SELECT (file_id, line_number)
    FROM sighting
    WHERE report_id IN (SELECT report_id FROM weeded_report)
);
DELETE FROM withdrawn_row
WHERE (file_id, line_number) IN (
    SELECT (file_id, line_number)
    FROM meeting_note
    WHERE note_id IN (SELECT note_id FROM weeded_note)
);
DELETE FROM meeting_note WHERE note_id IN (SELECT note_id FROM weeded_note);
DELETE FROM known_row WHERE report_id IN (SELECT report_id FROM weeded_report);
DELETE FROM report_version WHERE report_id IN (SELECT report_id FROM weeded_report);
