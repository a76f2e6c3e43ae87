-- Keeps the workspace's secret. Gives no result.
INSERT INTO workspace_secret VALUES ($secret);
