"""What an issuer does over HTTP, and the documents that it publishes."""
