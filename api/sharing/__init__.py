"""Share links: what a learner shows, to whom has the link, until it is withdrawn."""
