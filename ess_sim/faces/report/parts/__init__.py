"""What sections are made of: words in both languages, numbers, tables, pictures."""
