"""Tables that people bring: CSV in whatever encoding, pasted cells, and workbooks, all as rows of text."""
