"""The documents' side of the page: the library, and documents as they are read."""
