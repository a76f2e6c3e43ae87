"""Where a report belongs: coordinates, listed names and misspelt ones, names within texts."""
