"""Who is recognised, and by whom."""
