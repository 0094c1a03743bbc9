"""Figures, the STRESS-DES sheet and the page of parameters."""
