-- Takes away what was kept while files were undone. Gives no result.
DROP TABLE report_before;
