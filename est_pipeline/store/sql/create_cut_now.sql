-- Finds the reports that are none, as known at the moment $as_of that latest_version stands for: a
-- later file showed that their row had been cut off where a half-copied file ended. Gives no result.
-- One row such a report: report_id. One whose own file is undone is none of them.
CREATE OR REPLACE TEMP TABLE cut_now AS
SELECT DISTINCT s.report_id
FROM withdrawn_row AS w
INNER JOIN delivery AS b ON w.by_file_id = b.file_id
INNER JOIN sighting AS s ON w.file_id = s.file_id AND w.line_number = s.line_number
INNER JOIN delivery AS d ON s.file_id = d.file_id
ANTI JOIN latest_version AS l ON s.report_id = l.report_id
WHERE b.received_at <= $as_of AND (b.undone_at IS NULL OR b.undone_at > $as_of)
    AND (d.undone_at IS NULL OR d.undone_at > $as_of);
