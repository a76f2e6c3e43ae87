-- Deletes every row of the reports in weeded_report. Gives no result.
DELETE FROM known_row WHERE report_id IN (SELECT report_id FROM weeded_report);
DELETE FROM report_version WHERE report_id IN (SELECT report_id FROM weeded_report);
