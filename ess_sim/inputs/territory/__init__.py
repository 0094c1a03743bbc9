"""Zones, residents by age, minutes between zones."""
