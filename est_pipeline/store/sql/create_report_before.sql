-- Keeps what was known before files are undone. Gives no result.
-- One row a current report: report_id, content_id of its version.
CREATE OR REPLACE TEMP TABLE report_before AS
SELECT c.report_id, v.content_id
FROM current_report AS c
INNER JOIN report_version AS v
    ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
ORDER BY c.report_id;
