"""The instructors' side: what derives the student edition and its checks from the solved tree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the repository
