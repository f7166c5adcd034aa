"""People who work for institutions: who they are, how they come in, what they may do, and what they did."""
