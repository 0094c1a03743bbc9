"""What actors do, as SimPy processes."""
