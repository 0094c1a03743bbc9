"""Costs, attribution, uncertainty and accessibility."""
