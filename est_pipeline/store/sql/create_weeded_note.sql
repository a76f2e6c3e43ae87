-- Finds the decisions and notes of meetings whose time in the store is over. Gives no result.
-- One row a decision or note: note_id, source_id, month (in which it first came, local time,
-- 2026-11).
--
-- It goes with all its rows, or stays with all. It stays, open or not, while any row of it speaks of
-- a meeting in week $first_kept_week or later, is due at $kept_from or later, or is of a version from
-- $kept_from or later. A row that is shown once more is no later version.
-- What came anew after its week had been weeded is not kept by the day on which it came, only by the
-- moment at which its rows say that they were saved: a file that is dropped again must not live its
-- whole time once more.
CREATE OR REPLACE TEMP TABLE weeded_note AS
WITH dated AS (
    SELECT
        n.note_id,
        min(d.source_id) AS source_id,
        coalesce(max(n.meeting_week), '') AS last_week,
        max(n.due_on) AS last_due_on,
        min(d.received_at) AS first_known_at,
        max(n.version_at) AS last_version_at,
        max(n.version_at) FILTER (n.saved_at IS NOT NULL) AS last_saved_at
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    GROUP BY n.note_id
)

SELECT
    d.note_id,
    d.source_id,
    strftime(timezone($zone_name, d.first_known_at), '%Y-%m') AS "month"
FROM dated AS d
WHERE d.last_week < $first_kept_week
    AND coalesce(d.last_due_on < timezone($zone_name, $kept_from)::DATE, true)
    AND coalesce(d.last_saved_at < $kept_from, true)
    AND (
        d.last_version_at < $kept_from
        OR EXISTS (
            SELECT 1
            FROM purge AS p
            WHERE p.weeded_before_week > d.last_week AND p.started_at <= d.first_known_at
        )
    );
