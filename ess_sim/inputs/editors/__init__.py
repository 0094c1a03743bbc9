"""What editors are to know of scenario files beyond the types of their fields."""
