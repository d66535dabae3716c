"""Ways out of the house: one module for each, without tables."""
