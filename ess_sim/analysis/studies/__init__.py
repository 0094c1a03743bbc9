"""Studies that run scenarios: sensitivity, assumptions, choice, critical GPs."""
