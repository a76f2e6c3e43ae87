-- Adds a chunk of placed rows to staged_row, one row each. Gives no result.
-- The content's id is a hash of its cells (already masked): the cells are not kept.
INSERT INTO staged_row
SELECT
    line_number,
    left(sha256(row_key), 20) AS content_id,
    hash(row_key, source_row_id) AS repeat_key,
    source_row_id, replaces_row_id, kind, report_type, occurred_from, occurred_to, is_time_known,
    is_long_interval, iso_week, reported_at, category_code, subcategory_code, severity,
    reliability, incident_number, is_police_reported, place_type, "placing", district_id, place_id,
    place_name, place_text, lon, lat, precision_m, title, free_text
FROM placed_chunk;
