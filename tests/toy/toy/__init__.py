"""Sums and means, in plain Python."""
