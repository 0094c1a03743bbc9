"""A results folder: bytes, digests, notes."""
