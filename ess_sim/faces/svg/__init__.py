"""Charts and maps as SVG text: what they show is given, words included."""
