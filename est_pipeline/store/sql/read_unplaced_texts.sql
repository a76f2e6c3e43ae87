-- One row a text of a row that had no place when it came: place_text, in order.
SELECT DISTINCT place_text
FROM report_version
WHERE "placing" = 'none' AND place_text IS NOT NULL
ORDER BY place_text;
