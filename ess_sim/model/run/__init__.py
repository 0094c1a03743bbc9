"""One scenario and one seed become one run."""
