"""Values of uncertain parameters: designs and posteriors."""
