-- Notes how a received file was settled. Gives no result.
UPDATE delivery
SET
    state = $state,
    version_at = coalesce($version_at, received_at),
    reason_code = $reason_code,
    reason = $reason,
    rows_read = $rows_read,
    accepted_count = $accepted_count,
    quarantined_count = $quarantined_count,
    known_count = $known_count,
    left_out_count = $left_out_count,
    encoding = $encoding,
    archive_name = coalesce($archive_name, archive_name),
    configuration_sha256 = coalesce($configuration_sha256, configuration_sha256),
    is_nothing_to_report = $is_nothing_to_report,
    is_history = $is_history,
    size_bytes = $size_bytes,
    open_line = $open_line
WHERE file_id = $file_id;
