"""Costs, attribution, robustness and accessibility."""
