-- Finds the reports whose time in the store is over. Gives no result.
-- One row a report: report_id, source_id, month (of its start, local time, 2026-11).
--
-- A report goes with all its versions, or stays with all. It stays while any version of it belongs to
-- week $first_kept_week or later, or happened, ended or was reported at $kept_from or later; while it
-- was corrected at $kept_from or later (by other content under the same id, or by replacing another
-- report); and while it replaces, or is replaced by, a report that stays: else what was replaced
-- would come back.
-- A report that came anew after its week had been weeded is not kept by its corrections: a file that
-- is dropped again must not live its whole time once more.
CREATE OR REPLACE TEMP TABLE weeded_report AS
WITH RECURSIVE dated AS (
    SELECT
        v.report_id,
        min(d.source_id) AS source_id,
        max(v.iso_week) AS last_week,
        max(v.occurred_from) AS last_from,
        max(greatest(v.occurred_from, v.occurred_to, v.reported_at)) AS last_moment,
        bool_or(v.replaces_row_id IS NOT NULL) AS is_replacement
    FROM report_version AS v
    INNER JOIN delivery AS d USING (file_id)
    GROUP BY v.report_id
),

content_shown AS (
    SELECT report_id, content_id, min(known_at) AS known_at
    FROM sighting
    GROUP BY report_id, content_id
),

shown AS (
    SELECT report_id, min(known_at) AS first_known_at, max(known_at) AS last_known_at
    FROM content_shown
    GROUP BY report_id
),

staying AS (
    SELECT d.report_id
    FROM dated AS d
    INNER JOIN shown AS s USING (report_id)
    WHERE d.last_week >= $first_kept_week
        OR d.last_moment >= $kept_from
        OR (
            s.last_known_at >= $kept_from
            AND (d.is_replacement OR s.last_known_at > s.first_known_at)
            AND NOT EXISTS (
                SELECT 1
                FROM purge AS p
                WHERE p.weeded_before_week > d.last_week AND p.started_at <= s.first_known_at
            )
        )
),

replacement AS (
    SELECT v.report_id, d.source_id || ':' || v.replaces_row_id AS other_id
    FROM report_version AS v
    INNER JOIN delivery AS d USING (file_id)
    WHERE v.replaces_row_id IS NOT NULL
),

tie AS (
    SELECT report_id, other_id FROM replacement
    UNION
    SELECT other_id, report_id FROM replacement
),

held (report_id) AS (
    SELECT report_id FROM staying SEMI JOIN tie USING (report_id)
    UNION
    SELECT tie.other_id FROM held INNER JOIN tie USING (report_id)
)

SELECT
    report_id,
    source_id,
    strftime(timezone($zone_name, last_from), '%Y-%m') AS "month"
FROM dated
ANTI JOIN staying USING (report_id)
ANTI JOIN held USING (report_id);
