"""Room 1: from a file in the inbox to rows that are typed, placed and masked, or refused."""
