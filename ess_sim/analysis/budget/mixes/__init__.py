"""Mixes of policies: what they are made of, how they are run, how the best ones are found."""
