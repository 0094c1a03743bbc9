"""Minutes by car where no table gives them: distances, the formula that turns them into minutes, islands."""
