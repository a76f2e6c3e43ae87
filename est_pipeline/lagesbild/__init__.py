"""The page: one frozen content object, its words, charts, maps, and the HTML around them."""
