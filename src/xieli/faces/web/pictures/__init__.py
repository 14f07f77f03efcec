"""SVG pictures made on the server; each has a table twin beside it."""
