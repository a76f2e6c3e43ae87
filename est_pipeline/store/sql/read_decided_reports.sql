-- One row a report of kind incident that a human has decided about ($report_ids), as known at the
-- moment that the view report stands for: report_id, source_id, occurred_from, by id. A row that
-- nets off another one is no report of an incident.
SELECT report_id, source_id, occurred_from
FROM report
WHERE kind = 'incident'
    AND incident_number > 0
    AND list_contains($report_ids::VARCHAR [], report_id)
ORDER BY report_id;
