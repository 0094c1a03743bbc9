"""The form that experts fill in, as a table and as a page."""
