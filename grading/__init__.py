"""The instructors' side: what derives the student edition and its checks from the solved tree."""
