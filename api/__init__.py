"""HTTP and pages. No cryptography of its own."""
