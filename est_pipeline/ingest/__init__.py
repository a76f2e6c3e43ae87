"""Room 1: from a file in the inbox to rows that are typed, placed and masked, or refused.

A report's way: `inbox` finds its file, `intake` takes the file's rows through `reading` (bytes to
cells), `mapping` (the source's columns to ours), `checking` (text to values), `placing` (where it
was) and `privacy` (what may be kept of its text). What the reporter gets back is `receipts` and
`quarantine`, in the words of `reasons`.
"""
