-- One row a combination of category_code, subcategory_code and place_type that a report of the view
-- `report` has (empty where missing), by these.
SELECT DISTINCT
    coalesce(category_code, '') AS category_code,
    coalesce(subcategory_code, '') AS subcategory_code,
    coalesce(place_type, '') AS place_type
FROM report
ORDER BY ALL;
