"""Words, pictures and commands."""
