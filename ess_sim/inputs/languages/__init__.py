"""Texts for people, in English and in French."""
