-- Why the figures of week $iso_week differ between two moments: counted_report and report hold the
-- earlier one, counted_now the later one. One row a kind, reason and source: kind, reason,
-- source_id; count_then and count_now of the reports in question, whose sums over a kind are the
-- week's counts at the two moments; report_count, how many reports changed so. By kind, reason and
-- source.
--
-- reason is one of:
--   late       came after the earlier moment
--   counted    was known then as something that is not counted, and counts now
--   returned   was taken back or replaced then, and counts now
--   withdrawn  taken back by its source
--   replaced   replaced by another report of its source, or replacing one
--   undone     the file that showed it was taken back
--   cut        its row had been cut off where a half-copied file ended
--   joined     counts now as one incident with another report
--   split      counted then as one incident with another report
--   kind       has another kind
--   week       belongs to another week
--   number     stands for another number of incidents
--   category   has another category; the week's sum is the same
--   district   has another district (and the same category); the week's sum is the same
--   same       counts as it did
WITH touched AS (
    SELECT
        coalesce(t.report_id, n.report_id) AS report_id,
        coalesce(n.source_id, t.source_id) AS source_id,
        t.report_id IS NOT NULL AS was_counted,
        n.report_id IS NOT NULL AS is_counted,
        t.kind AS kind_then,
        n.kind AS kind_now,
        t.iso_week AS week_then,
        n.iso_week AS week_now,
        CASE WHEN t.is_first AND t.iso_week = $iso_week THEN t.incident_number ELSE 0 END
            AS number_then,
        CASE WHEN n.is_first AND n.iso_week = $iso_week THEN n.incident_number ELSE 0 END
            AS number_now,
        t.is_first AS was_first,
        n.is_first AS is_first,
        t.incident_id AS incident_then,
        t.category_code IS DISTINCT FROM n.category_code AS has_other_category,
        t.district_id IS DISTINCT FROM n.district_id AS has_other_district,
        n.received_at > $compared_at AS is_new
    FROM counted_report AS t
    FULL JOIN counted_now AS n USING (report_id)
    WHERE t.iso_week = $iso_week OR n.iso_week = $iso_week
),

explained AS (
    SELECT
        p.*,
        CASE
            WHEN NOT was_counted AND r.report_id IS NOT NULL THEN 'replaced'
            WHEN NOT was_counted AND is_new THEN 'late'
            WHEN NOT was_counted AND p.report_id IN (SELECT report_id FROM report) THEN 'counted'
            WHEN NOT was_counted THEN 'returned'
            WHEN NOT is_counted THEN coalesce(o.outcome, 'undone')
            WHEN kind_then <> kind_now THEN 'kind'
            WHEN week_then <> week_now THEN 'week'
            WHEN was_first AND NOT is_first THEN 'joined'
            WHEN is_first AND NOT was_first THEN 'split'
            WHEN number_then <> number_now THEN 'number'
            WHEN is_first AND has_other_category THEN 'category'
            WHEN is_first AND has_other_district THEN 'district'
            ELSE 'same'
        END AS reason
    FROM touched AS p
    LEFT JOIN outcome_now AS o ON p.report_id = o.report_id
    LEFT JOIN (
        SELECT w.report_id
        FROM replacement_now AS w
        INNER JOIN counted_report AS c ON w.replaced_id = c.report_id
    ) AS r ON p.report_id = r.report_id
),

-- an incident whose first report is gone counts at the next one: nothing was split
continued AS (
    SELECT
        e.* REPLACE (
            CASE
                WHEN e.reason = 'split' AND f.reason IN ('withdrawn', 'replaced', 'undone', 'cut', 'kind')
                    THEN f.reason
                ELSE e.reason
            END AS reason
        )
    FROM explained AS e
    LEFT JOIN explained AS f ON e.incident_then = f.incident_then AND f.was_first AND NOT e.was_first
),

by_kind AS (
    SELECT
        kind_then AS kind, reason, source_id, report_id, number_then AS count_then, 0 AS count_now
    FROM continued
    WHERE was_counted
    UNION ALL
    SELECT
        kind_now AS kind, reason, source_id, report_id, 0 AS count_then, number_now AS count_now
    FROM continued
    WHERE is_counted
),

per_report AS (
    SELECT
        kind, reason, source_id, report_id,
        sum(count_then) AS count_then,
        sum(count_now) AS count_now
    FROM by_kind
    GROUP BY kind, reason, source_id, report_id
)

SELECT
    kind,
    reason,
    source_id,
    sum(count_then)::BIGINT AS count_then,
    sum(count_now)::BIGINT AS count_now,
    count(*) FILTER (count_then <> count_now OR reason IN ('category', 'district'))
        AS report_count
FROM per_report
GROUP BY kind, reason, source_id
HAVING sum(abs(count_then)) + sum(abs(count_now)) <> 0
ORDER BY kind, reason, source_id;
