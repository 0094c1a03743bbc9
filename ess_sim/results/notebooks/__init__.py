"""Runs and results as notebooks show them."""
