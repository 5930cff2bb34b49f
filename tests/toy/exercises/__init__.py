"""What the toy course asks."""
