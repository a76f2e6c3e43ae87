-- Finds the decisions and notes of meetings whose time in the store is over. Gives no result.
-- One row a decision or note: note_id, source_id, month (in which it first came, local time,
-- 2026-11). It goes with all its rows, or stays with all: while any row of it came, is due or speaks
-- of a meeting at $kept_from, in week $first_kept_week, or later.
CREATE OR REPLACE TEMP TABLE weeded_note AS
SELECT
    n.note_id,
    min(d.source_id) AS source_id,
    strftime(timezone($zone_name, min(d.received_at)), '%Y-%m') AS "month"
FROM meeting_note AS n
INNER JOIN delivery AS d USING (file_id)
GROUP BY n.note_id
HAVING coalesce(max(n.meeting_week), '') < $first_kept_week
    AND max(d.received_at) < $kept_from
    AND coalesce(max(n.due_on) < timezone($zone_name, $kept_from)::DATE, true);
