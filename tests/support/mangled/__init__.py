"""Users' files, mangled: valid ones of every kind with a few changes, and what their readers make of them."""
