-- At most one row: the workspace's secret.
SELECT secret FROM workspace_secret ORDER BY secret;
