"""What a run leaves, and how runs are compared.

The tables of a run, their storage in a folder, indicators made of them, statistics of replications, and comparisons of
scenarios. `Run` is one run, `Results` the runs of an experiment together.
"""
