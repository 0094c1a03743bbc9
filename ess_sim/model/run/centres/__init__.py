"""What is certain of a centre before any run: its intern places, and how long its money lasts at most."""
