-- One row a week, district and category that was kept when its week was weeded, for weeks that had
-- begun by week $last_week: all columns of table retained_count, by week, district and category.
SELECT *
FROM retained_count
WHERE iso_week <= $last_week
ORDER BY iso_week, district_id, category_code;
