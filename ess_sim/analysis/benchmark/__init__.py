"""Every policy in ten real territories: which does most where, and how sure that is."""
