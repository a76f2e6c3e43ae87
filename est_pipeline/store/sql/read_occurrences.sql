-- One row an incident, and one row an environment case, of the weeks from $first_week to $last_week
-- as known at the moment that the view published_report stands for: the columns of
-- domain.schemas.OCCURRENCES, by week, start and id. What was found by effort is none of them.
-- known_at is when the first of its reports came (not what a history's rows say of when they were
-- reported: that is another clock); source_ids are those that reported it.
WITH several AS (
    SELECT
        j.incident_id,
        any_value(j.incident_number) AS incident_number,
        min(r.received_at) AS known_at,
        list_sort(list_distinct(list(r.source_id))) AS source_ids
    FROM joined_report AS j
    INNER JOIN report AS r USING (report_id)
    GROUP BY j.incident_id
)

SELECT
    coalesce(r.incident_id, r.report_id) AS occurrence_id, r.kind, r.iso_week, r.occurred_from, r.occurred_to,
    r.is_time_known, r.is_long_interval, r.district_id, r.category_code,
    r.place_id, r.place_name, r.lon, r.lat, r.precision_m, r.is_coarse,
    coalesce(s.incident_number, r.incident_number)::BIGINT AS occurrence_count,
    coalesce(s.source_ids, [r.source_id]) AS source_ids,
    coalesce(s.known_at, r.received_at) AS known_at
FROM published_report AS r
LEFT JOIN several AS s USING (incident_id)
WHERE r.kind IN ('incident', 'environment_case')
    AND (r.kind <> 'incident' OR r.is_lead_report)
    AND r.category_code IS NOT NULL
    AND r.iso_week BETWEEN $first_week AND $last_week
ORDER BY r.iso_week, r.occurred_from, occurrence_id;
