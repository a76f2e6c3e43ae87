-- Keeps the counts (the relation weekly_counts) of the weeks that lose rows, unless the week has lost
-- rows before: its counts are final. Gives no result.
INSERT INTO retained_count BY NAME
SELECT *
FROM weekly_counts
WHERE iso_week IN (
        SELECT v.iso_week FROM report_version AS v SEMI JOIN weeded_report USING (report_id)
    )
    AND iso_week NOT IN (SELECT iso_week FROM retained_count);
