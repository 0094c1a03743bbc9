"""Health centres: staff, lists, ledgers, insolvency."""
