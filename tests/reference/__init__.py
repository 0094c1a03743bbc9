"""A naive, independent reference of the residents' rules, and the statistics that compare the engine with it."""
