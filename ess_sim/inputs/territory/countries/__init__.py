"""Countries whose communes are bundled: one module each, and a line in the registry; their codes and names."""
