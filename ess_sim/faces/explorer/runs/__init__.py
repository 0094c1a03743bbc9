"""Runs of the explorer: which are wanted, what is read off each, and what several of them say together."""
