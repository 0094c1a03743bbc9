"""Numbers of the report, from the tables of a results folder: one module a section."""
