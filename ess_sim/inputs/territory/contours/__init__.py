"""Outlines of zones, for maps: those of France's communes, or a user's own."""
