"""What commands share: the terminal, files that are read, comparisons and tables that are printed."""
