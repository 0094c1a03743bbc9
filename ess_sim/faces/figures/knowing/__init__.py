"""Pictures of what it would be worth to know."""
