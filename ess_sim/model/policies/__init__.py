"""Dated interventions, one file each."""
