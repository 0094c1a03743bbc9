"""Residents by five-year band: of regions in any year, and of their communes."""
