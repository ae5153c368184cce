"""The paper's experiments as functions over heat maps."""
