-- One row an incident: the columns of publish.INCIDENT_DOCUMENTATION, by week, start and id.
-- Week, time, place and category are those of the report that leads.
WITH several AS (
    SELECT
        j.incident_id,
        any_value(j.incident_number) AS incident_number,
        count(*) AS report_count,
        min(r.received_at) AS known_at,
        list_sort(list_distinct(list(r.source_id))) AS source_ids,
        list(j.report_id ORDER BY r.occurred_from, j.report_id) AS report_ids,
        array_to_string(list_sort(list_distinct(list(j.join_reason))), '; ') AS join_reason
    FROM joined_report AS j
    INNER JOIN report AS r USING (report_id)
    GROUP BY j.incident_id
)

SELECT
    r.incident_id, r.iso_week, r.occurred_from, r.occurred_to, r.is_time_known, r.is_long_interval,
    r.category_code,
    r.subcategory_code, r.district_id, r.place_id, r.place_name, r.lon, r.lat, r.precision_m,
    coalesce(s.incident_number, r.incident_number) AS incident_number,
    coalesce(s.report_count, 1) AS report_count,
    coalesce(s.source_ids, [r.source_id]) AS source_ids,
    coalesce(s.report_ids, [r.report_id]) AS report_ids,
    s.join_reason,
    r.is_coarse,
    coalesce(s.known_at, r.received_at) AS known_at
FROM published_report AS r
LEFT JOIN several AS s USING (incident_id)
WHERE r.is_lead_report
ORDER BY r.iso_week, r.occurred_from, r.incident_id;
