-- One row a week, district and category, zeros included: the columns of
-- domain.schemas.WEEKLY_COUNTS, by week, district and category.
SELECT * FROM weekly_counts ORDER BY iso_week, district_id, category_code;
