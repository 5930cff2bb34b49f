"""Execute notebooks again in the sandbox, and compare what they show with what they store."""
