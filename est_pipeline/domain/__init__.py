"""Leaves: weeks, categories, geography and the contracts of the tables."""
