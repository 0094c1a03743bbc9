"""Sections of the report: what is gathered, as sentences, pictures and tables."""
