-- One row a decision of a source, of files not undone: own_id, by id.
SELECT DISTINCT n.own_id
FROM meeting_note AS n
INNER JOIN delivery AS d USING (file_id)
WHERE d.source_id = $source_id
    AND d.state IN ('intagen', 'redan känd')
    AND d.undone_at IS NULL
    AND n.note_type = 'beslut'
    AND n.measure IS NOT NULL
ORDER BY n.own_id;
