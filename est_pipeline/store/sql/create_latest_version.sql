-- Derives the latest version of each report as known at the moment $as_of. Gives no result.
-- One row a report: report_id; where its version is stored (content_file_id, content_line_number);
-- the earliest row that showed this version (file_id, line_number); received_at, when the report
-- first came; version_at, what dates the version.
--
-- Only rows count that were known by then and not withdrawn, of files not undone by then. Where
-- $is_as_received, only of files that had come by then: what a page could show that was made then,
-- without history that came later. The latest version is the one with the greatest (version_at,
-- line_number, content_id), whichever file came first.
CREATE OR REPLACE TEMP TABLE latest_version AS
WITH withdrawn AS (
    SELECT w.file_id, w.line_number
    FROM withdrawn_row AS w
    INNER JOIN delivery AS d ON w.by_file_id = d.file_id
    WHERE d.received_at <= $as_of AND (d.undone_at IS NULL OR d.undone_at > $as_of)
),

live AS (
    SELECT
        s.report_id, s.content_id, s.content_file_id, s.content_line_number, s.file_id,
        s.line_number, d.received_at, d.version_at
    FROM sighting AS s
    INNER JOIN delivery AS d USING (file_id)
    ANTI JOIN withdrawn AS w ON s.file_id = w.file_id AND s.line_number = w.line_number
    WHERE d.state IN ('intagen', 'redan känd')
        AND s.known_at <= $as_of
        AND (d.received_at <= $as_of OR NOT $is_as_received)
        AND (d.undone_at IS NULL OR (d.undone_at > $as_of AND d.received_at <= $as_of))
),

-- most reports are seen once and need no comparison; a clash of hashes only costs time
seen_again AS (
    SELECT hash(report_id) AS report_hash FROM live GROUP BY report_hash HAVING count(*) > 1
),

several AS (
    SELECT * FROM live WHERE hash(report_id) IN (SELECT report_hash FROM seen_again)
),

per_content AS (
    SELECT
        report_id,
        content_id,
        max(row(version_at, line_number)) AS latest,
        min(row(received_at, file_id, line_number, content_file_id, content_line_number))
            AS earliest
    FROM several
    GROUP BY report_id, content_id
),

per_report AS (
    SELECT
        report_id,
        arg_max(earliest, row(latest, content_id)) AS shown,
        min(earliest[1]) AS received_at,
        max(latest[1]) AS version_at
    FROM per_content
    GROUP BY report_id
)

SELECT
    report_id, content_file_id, content_line_number, file_id, line_number, received_at, version_at
FROM live
WHERE hash(report_id) NOT IN (SELECT report_hash FROM seen_again)
UNION ALL
SELECT
    report_id, shown[4], shown[5], shown[2], shown[3], received_at, version_at
FROM per_report;
