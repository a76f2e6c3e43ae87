-- The reports as known at the moment that current_report stands for, as a view. Gives no result.
-- One row a report: the columns of domain.schemas.REPORT_COLUMNS. A report that had no place when
-- it came has the one that it was given since (current_placement).
CREATE OR REPLACE TEMP VIEW report AS
SELECT
    c.report_id, v.kind, f.source_id, f.file_name, c.line_number, v.occurred_from, v.occurred_to,
    v.is_time_known, v.is_long_interval, v.iso_week, v.reported_at, c.received_at, v.report_type,
    v.category_code, v.subcategory_code, v.severity, v.reliability, v.incident_number,
    v.is_police_reported, v.place_type,
    coalesce(p."placing", v."placing") AS "placing",
    coalesce(p.district_id, v.district_id) AS district_id,
    coalesce(p.place_id, v.place_id) AS place_id,
    coalesce(p.place_name, v.place_name) AS place_name,
    CASE WHEN p."placing" IS NULL OR p."placing" = 'none' THEN v.place_text END AS place_text,
    coalesce(p.lon, v.lon) AS lon,
    coalesce(p.lat, v.lat) AS lat,
    coalesce(p.precision_m, v.precision_m) AS precision_m,
    v.title, v.free_text, f.sha256 AS file_sha256, c.version_at,
    CASE WHEN v.kind = 'incident' THEN coalesce(j.incident_id, c.report_id) END AS incident_id,
    v.kind = 'incident' AND coalesce(j.is_lead_report, true) AS is_lead_report
FROM current_report AS c
INNER JOIN report_version AS v
    ON c.content_file_id = v.file_id AND c.content_line_number = v.line_number
LEFT JOIN current_placement AS p
    ON c.content_file_id = p.file_id AND c.content_line_number = p.line_number
INNER JOIN delivery AS f ON c.file_id = f.file_id
LEFT JOIN joined_report AS j ON c.report_id = j.report_id;
