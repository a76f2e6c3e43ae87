-- One row: when the first file of the meeting about week $iso_week came, after the moment $after and by
-- $as_of; missing where none did. Its rows are of that week, or only change the state of earlier
-- decisions and name no week. A file taken back since counts too: the meeting was held.
WITH meeting_file AS (
    SELECT
        any_value(d.received_at) AS received_at,
        coalesce(bool_or(n.meeting_week = $iso_week), true) AS is_of_week
    FROM meeting_note AS n
    INNER JOIN delivery AS d USING (file_id)
    WHERE d.state IN ('intagen', 'redan känd')
        AND d.received_at > $after
        AND d.received_at <= $as_of
    GROUP BY n.file_id
)

SELECT min(received_at) AS came_at FROM meeting_file WHERE is_of_week;
