"""The commands of studies that choose their own runs, or draw conclusions from draws."""
