"""What commands print: the terminal, tables, and the words for results."""
