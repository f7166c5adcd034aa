"""Many credentials into one: pathways and their evaluation."""
