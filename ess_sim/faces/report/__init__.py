"""A page of a results folder for those who decide: gathered from tables, drawn, written as one file."""
