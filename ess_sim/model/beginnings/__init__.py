"""A new scenario of a territory that is only named: its numbers, and where a policy is needed most."""
