-- One row: of the reports that stood in the files $file_ids, how many are gone (gone_count), have
-- gone back to another version (reverted_count) or live on unchanged through another file
-- (kept_count); and how many are back since what replaced them is gone (returned_count).
WITH after AS (
    SELECT c.report_id, v.content_id
    FROM current_report AS c
    INNER JOIN report_version AS v
        ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
),

touched AS (
    SELECT DISTINCT report_id FROM sighting WHERE list_contains($file_ids, file_id)
)

SELECT
    count(*) FILTER (t.report_id IS NOT NULL AND a.report_id IS NULL) AS gone_count,
    count(*) FILTER (t.report_id IS NOT NULL AND a.content_id <> b.content_id) AS reverted_count,
    count(*) FILTER (t.report_id IS NOT NULL AND a.content_id = b.content_id) AS kept_count,
    count(*) FILTER (b.report_id IS NULL) AS returned_count
FROM report_before AS b
FULL JOIN after AS a USING (report_id)
LEFT JOIN touched AS t USING (report_id);
