"""The product beside the libraries that people build such a search with; see ``__main__``."""
