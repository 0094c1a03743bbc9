"""What commands share: the terminal, tables that are printed, files that are read."""
