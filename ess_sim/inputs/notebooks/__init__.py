"""What notebooks show of objects: small cards of HTML, which bring all that they need."""
