-- One row a decision or note of a source, of files not undone: own_id, note_type, meeting_week and
-- text (what is to be done, or the note itself), the latest of each; by id and type.
SELECT
    n.own_id,
    n.note_type,
    arg_max(n.meeting_week, row(n.version_at, n.line_number)) AS meeting_week,
    arg_max(
        CASE WHEN n.note_type = 'beslut' THEN n.measure ELSE n."comment" END,
        row(n.version_at, n.line_number)
    ) AS "text"
FROM meeting_note AS n
INNER JOIN delivery AS d USING (file_id)
WHERE d.source_id = $source_id
    AND d.state IN ('intagen', 'redan känd')
    AND d.undone_at IS NULL
GROUP BY n.own_id, n.note_type
HAVING "text" IS NOT NULL
ORDER BY n.own_id, n.note_type;
