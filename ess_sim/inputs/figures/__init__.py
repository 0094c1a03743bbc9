"""What a run starts from: what the scenario says and, where it says nothing, what the data say."""
