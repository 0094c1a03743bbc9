"""Parameters fitted to dated figures."""
