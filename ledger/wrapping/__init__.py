"""What credentials travel in: pictures, PDFs, archives. Reading them out, and baking them in."""
