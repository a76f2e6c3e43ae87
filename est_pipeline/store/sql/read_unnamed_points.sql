-- One row an incident, and one row an environment case, of the weeks from $first_week to $last_week
-- as known at the moment that the view report stands for, with its place as exactly as it is known
-- and nothing that says which one it is: the columns of domain.schemas.UNNAMED_POINTS, by place and
-- time. For counts over the whole municipality only; what is shown of one occurrence is coarse.
WITH several AS (
    SELECT incident_id, any_value(incident_number) AS incident_number
    FROM joined_report
    GROUP BY incident_id
)

SELECT
    r.kind, r.category_code, r.district_id, r.occurred_from, r.occurred_to,
    r.lon, r.lat, r.precision_m,
    coalesce(s.incident_number, r.incident_number)::BIGINT AS occurrence_count
FROM report AS r
LEFT JOIN several AS s USING (incident_id)
WHERE r.kind IN ('incident', 'environment_case')
    AND (r.kind <> 'incident' OR r.is_lead_report)
    AND r.category_code IS NOT NULL
    AND r.iso_week BETWEEN $first_week AND $last_week
ORDER BY ALL;
