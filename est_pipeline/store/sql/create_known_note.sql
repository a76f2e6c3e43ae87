-- Finds the rows of the file of the meeting's form whose content is known. Gives no result.
-- One row a known row: line_number, and version_at of its first showing (missing where that is on an
-- earlier line of this file). Known is what a file of the same source, not undone, has shown; what
-- stands on an earlier line of this file; and every row in the store of an earlier file with the same
-- bytes ($repeat_of), which is not staged.
CREATE OR REPLACE TEMP TABLE known_note AS
WITH shown AS (
    SELECT n.note_id, n.content_id, min(n.version_at) AS version_at
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    WHERE d.source_id = $source_id
        AND d.state IN ('intagen', 'redan känd')
        AND d.undone_at IS NULL
    GROUP BY n.note_id, n.content_id
),

told AS (
    SELECT
        s.line_number,
        shown.version_at,
        row_number() OVER (
            PARTITION BY s.note_id, s.content_id
            ORDER BY s.line_number
        ) > 1 AS is_repeat
    FROM staged_note AS s
    LEFT JOIN shown USING (note_id, content_id)
)

SELECT line_number, version_at
FROM told
WHERE is_repeat OR version_at IS NOT NULL
UNION
SELECT line_number, version_at FROM meeting_note WHERE file_id = $repeat_of;
