"""A YAML file becomes a tree that knows every line and column, then a model, or problems."""
