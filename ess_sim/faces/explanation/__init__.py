"""A scenario in words, in English and French."""
