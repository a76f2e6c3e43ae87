-- Notes that a purge begins. One row: purge_id.
INSERT INTO purge (purge_id, plan_code, decision, as_of_on, started_at)
SELECT coalesce(max(purge_id), 0) + 1, $plan_code, $decision, $as_of_on, $started_at
FROM purge
RETURNING purge_id;
