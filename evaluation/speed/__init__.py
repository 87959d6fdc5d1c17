"""What building, asking and starting cost by the size of the library: ``python -m evaluation speed``."""
