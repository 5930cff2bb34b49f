"""A function of numbers that returns a number."""
