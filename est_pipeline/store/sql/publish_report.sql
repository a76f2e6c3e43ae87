-- One row a report: the columns of domain.schemas.REPORT_COLUMNS, by week, start and id.
SELECT * FROM published_report ORDER BY iso_week, occurred_from, report_id;
