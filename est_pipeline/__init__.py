"""est_pipeline: from the inbox to the weekly lägesbild."""
