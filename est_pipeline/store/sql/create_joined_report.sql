-- Makes room for the reports that share their incident with another one. Gives no result.
-- One row a report: report_id, incident_id, why it was joined (join_reason), whether it gives its
-- incident's week, place and category (is_lead_report), and how many incidents the whole incident
-- stands for (incident_number): the most that any of its reports states.
CREATE OR REPLACE TEMP TABLE joined_report (
    report_id VARCHAR NOT NULL,
    incident_id VARCHAR NOT NULL,
    join_reason VARCHAR NOT NULL,
    is_lead_report BOOLEAN NOT NULL,
    incident_number INTEGER NOT NULL
);
