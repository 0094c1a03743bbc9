"""Paired differences between scenarios."""
