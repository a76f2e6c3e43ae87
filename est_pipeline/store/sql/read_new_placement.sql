-- One row: of the reports that current_report stands for, how many get a place that they lacked
-- (placed_count), lose the one that they had been given (lost_count) or get another (moved_count).
SELECT
    count(*) FILTER (NOT n.was_placed) AS placed_count,
    count(*) FILTER (n.was_placed AND n."placing" = 'none') AS lost_count,
    count(*) FILTER (n.was_placed AND n."placing" <> 'none') AS moved_count
FROM current_report AS c
INNER JOIN new_placement AS n
    ON c.content_file_id = n.file_id AND c.content_line_number = n.line_number;
