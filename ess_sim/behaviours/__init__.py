"""What the actors of a territory do: GPs, retired GPs, interns, centres, those who go out to residents, the insurer."""
