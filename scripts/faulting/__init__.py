"""The fault harness: breaks every part that Cairn leans on, and looks whether the six truths still hold."""
