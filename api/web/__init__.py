"""Pages: templates, one stylesheet, one small script, and what a verdict looks like on a page."""
