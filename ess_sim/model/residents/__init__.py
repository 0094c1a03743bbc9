"""Who the residents are on day 0, and what may be done to them."""
