-- One row a settled file received before $received_before whose name is still there and whose rows
-- are gone, in weeded_report or in weeded_note: file_id, archive_name; by file_id.
SELECT d.file_id, d.archive_name
FROM delivery AS d
WHERE d.state <> 'mottagen'
    AND d.archive_name IS NOT NULL
    AND d.received_at < $received_before
    AND d.file_id NOT IN (
        SELECT s.file_id FROM sighting AS s ANTI JOIN weeded_report USING (report_id)
    )
    AND d.file_id NOT IN (
        SELECT n.file_id FROM meeting_note AS n ANTI JOIN weeded_note USING (note_id)
    )
ORDER BY d.file_id;
