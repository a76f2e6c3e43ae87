-- Tells which rows without a place when they came are placed otherwise by now (placed_text: one row
-- a place_text with its placing) than they were at the moment that current_placement stands for.
-- Gives no result. One row a row: the columns of table placement without known_at; was_placed.
CREATE OR REPLACE TEMP TABLE new_placement AS
SELECT
    v.file_id, v.line_number, t."placing", t.district_id, t.place_id, t.place_name, t.lon, t.lat,
    t.precision_m, coalesce(p."placing", 'none') <> 'none' AS was_placed
FROM report_version AS v
INNER JOIN placed_text AS t ON v.place_text = t.place_text
LEFT JOIN current_placement AS p USING (file_id, line_number)
WHERE v."placing" = 'none'
    AND (t."placing", t.district_id, t.place_id) IS DISTINCT FROM
        (coalesce(p."placing", 'none'), coalesce(p.district_id, v.district_id), p.place_id);
