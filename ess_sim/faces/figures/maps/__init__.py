"""Maps of zones, drawn by matplotlib."""
