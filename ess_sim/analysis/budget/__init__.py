"""What a territory should do with a yearly budget: mixes of policies, found by simulation."""
