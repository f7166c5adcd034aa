"""From a document to a report that anyone can trust without trusting our server."""
