-- One row a pair of reports of kind incident that could be of one incident, as known at the moment
-- that the view report stands for: from different sources, of the same category or of categories
-- in the same block ($codes[i] belongs to $blocks[i]), no more than $minutes apart, and either no
-- more than $metres further apart than both positions leave open, or, where one has no point,
-- in the same district. Whole days (in $zone) stand for an unknown clock time.
-- Columns: what analysis.incidents.judge_pairs reads, by the two ids.
--
-- Netting rows, long intervals and categories that bundle several incidents ($left_out) are never
-- joined. Pairs meet in blocks of category and six hours; a pair that would meet in several is
-- taken in the latest of both first ones, so none comes twice.
WITH block_of AS (
    SELECT unnest($codes::VARCHAR []) AS category_code, unnest($blocks::VARCHAR []) AS block
),

chosen AS (
    SELECT
        r.*,
        coalesce(b.block, r.category_code) AS block,
        CASE
            WHEN r.is_time_known THEN r.occurred_from
            ELSE timezone($zone, date_trunc('day', timezone($zone, r.occurred_from)))
        END AS starts_at,
        CASE
            WHEN r.is_time_known THEN coalesce(r.occurred_to, r.occurred_from)
            ELSE timezone(
                $zone,
                date_trunc('day', timezone($zone, coalesce(r.occurred_to, r.occurred_from)))
                + INTERVAL 1 DAY
            )
        END AS ends_at
    FROM report AS r
    LEFT JOIN block_of AS b ON r.category_code = b.category_code
    WHERE r.kind = 'incident'
        AND r.incident_number > 0
        AND NOT r.is_long_interval
        AND r.category_code IS NOT NULL
        AND NOT list_contains($left_out::VARCHAR [], r.category_code)
        AND r.district_id <> 'oplacerad'
        AND (r.lon IS NOT NULL OR r.district_id <> 'ovriga')
),

-- numbers are compared much faster than texts; two texts of one hash would meet, and be told
-- apart by whoever judges the pair
slim AS MATERIALIZED (
    SELECT
        report_id,
        hash(block) AS block_hash,
        hash(source_id) AS source_hash,
        CASE WHEN district_id <> 'ovriga' THEN hash(district_id) END AS district_hash,
        -- in seconds, since arithmetic on moments asks the time zone's calendar for each row
        epoch(starts_at) AS starts_s,
        epoch(ends_at) AS ends_s,
        lon,
        lat,
        coalesce(precision_m, 0) AS precision_m,
        -- metres of a degree on the WGS 84 ellipsoid, good to a metre at these distances
        111412.88 * cos(radians(lat)) - 93.50 * cos(3 * radians(lat)) AS lon_m,
        111132.95 - 559.85 * cos(2 * radians(lat)) AS lat_m
    FROM chosen
),

reaching AS (
    SELECT
        *,
        floor((starts_s - 60 * $minutes::DOUBLE) / 21600)::BIGINT AS first_reached,
        unnest(
            range(first_reached, floor((ends_s + 60 * $minutes::DOUBLE) / 21600)::BIGINT + 1)
        ) AS bucket
    FROM slim
),

standing AS (
    SELECT
        *,
        floor(starts_s / 21600)::BIGINT AS first_bucket,
        unnest(range(first_bucket, floor(ends_s / 21600)::BIGINT + 1)) AS bucket
    FROM slim
),

met AS MATERIALIZED (
    SELECT
        a.report_id AS report_id_a,
        b.report_id AS report_id_b,
        (a.lon - b.lon) * a.lon_m AS east_m,
        (a.lat - b.lat) * a.lat_m AS north_m,
        sqrt(east_m * east_m + north_m * north_m) AS distance_m
    FROM reaching AS a
    INNER JOIN standing AS b
        ON a.block_hash = b.block_hash
            AND a.bucket = b.bucket
            AND a.source_hash < b.source_hash
            AND a.bucket = greatest(a.first_reached, b.first_bucket)
            AND a.starts_s <= b.ends_s + 60 * $minutes::DOUBLE
            AND b.starts_s <= a.ends_s + 60 * $minutes::DOUBLE
    WHERE
        CASE
            WHEN a.lon IS NULL OR b.lon IS NULL THEN a.district_hash = b.district_hash
            WHEN abs(north_m) > $metres::DOUBLE + a.precision_m + b.precision_m THEN false
            ELSE distance_m <= $metres::DOUBLE + a.precision_m + b.precision_m
        END
)

SELECT
    a.report_id AS report_id_a, b.report_id AS report_id_b,
    a.source_id AS source_id_a, b.source_id AS source_id_b,
    a.category_code AS category_code_a, b.category_code AS category_code_b,
    a.subcategory_code AS subcategory_code_a, b.subcategory_code AS subcategory_code_b,
    a.occurred_from AS occurred_from_a, b.occurred_from AS occurred_from_b,
    a.starts_at AS starts_at_a, b.starts_at AS starts_at_b,
    a.ends_at AS ends_at_a, b.ends_at AS ends_at_b,
    a.is_time_known AS is_time_known_a, b.is_time_known AS is_time_known_b,
    a.district_id AS district_id_a, b.district_id AS district_id_b,
    a.place_id AS place_id_a, b.place_id AS place_id_b,
    a.place_name AS place_name_a, b.place_name AS place_name_b,
    a.precision_m AS precision_m_a, b.precision_m AS precision_m_b,
    a.incident_number AS incident_number_a, b.incident_number AS incident_number_b,
    a.iso_week AS iso_week_a, b.iso_week AS iso_week_b,
    a.free_text AS free_text_a, b.free_text AS free_text_b,
    m.distance_m
FROM met AS m
INNER JOIN chosen AS a ON least(m.report_id_a, m.report_id_b) = a.report_id
INNER JOIN chosen AS b ON greatest(m.report_id_a, m.report_id_b) = b.report_id
ORDER BY report_id_a, report_id_b;
