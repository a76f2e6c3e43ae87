-- Takes the names of the files $file_ids away, of those that have no row left: source and day stand
-- instead, the counts and the checksum stay. Gives no result.
UPDATE delivery
SET
    file_name = source_id || '-' || strftime(timezone($zone_name, received_at), '%Y-%m-%d')
        || '-gallrad',
    archive_name = NULL,
    reason = CASE WHEN reason IS NOT NULL THEN 'Filen är gallrad.' END
WHERE list_contains($file_ids, file_id)
    AND file_id NOT IN (SELECT file_id FROM sighting)
    AND file_id NOT IN (SELECT file_id FROM meeting_note);
