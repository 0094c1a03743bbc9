"""What studies found, in words: tables that are printed, and Markdown pages."""
