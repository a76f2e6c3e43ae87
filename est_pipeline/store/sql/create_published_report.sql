-- The reports as they leave the store, as a view. Gives no result. One row a report: the columns of
-- domain.schemas.REPORT_COLUMNS; where is_coarse, nothing of the place but its district.
CREATE OR REPLACE TEMP VIEW published_report AS
SELECT
    r.* REPLACE (
        CASE WHEN c.report_id IS NULL THEN r.place_type END AS place_type,
        CASE WHEN c.report_id IS NULL THEN r."placing" ELSE 'district' END AS "placing",
        CASE WHEN c.report_id IS NULL THEN r.place_id END AS place_id,
        CASE WHEN c.report_id IS NULL THEN r.place_name END AS place_name,
        CASE WHEN c.report_id IS NULL THEN r.place_text END AS place_text,
        CASE WHEN c.report_id IS NULL THEN r.lon END AS lon,
        CASE WHEN c.report_id IS NULL THEN r.lat END AS lat,
        CASE WHEN c.report_id IS NULL THEN r.precision_m END AS precision_m
    ),
    c.report_id IS NOT NULL AS is_coarse
FROM report AS r
LEFT JOIN coarse_report AS c ON r.report_id = c.report_id;
