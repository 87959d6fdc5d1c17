"""One module a file format: bytes -> Source."""
