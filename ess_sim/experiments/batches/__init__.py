"""Batch files: grids of variants, and the library of shipped scenarios."""
