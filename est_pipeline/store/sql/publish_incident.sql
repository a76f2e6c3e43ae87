-- One row an incident: the columns of publish.INCIDENT_COLUMNS, by week, start and id.
-- So far each report of kind incident is an incident of its own.
SELECT
    report_id AS incident_id, iso_week, occurred_from, occurred_to, category_code,
    subcategory_code, district_id, place_id, place_name, lon, lat, precision_m, incident_number,
    1::BIGINT AS report_count, [source_id] AS source_ids
FROM report
WHERE kind = 'incident'
ORDER BY iso_week, occurred_from, incident_id;
