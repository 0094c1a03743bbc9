"""Pictures of what studies found."""
