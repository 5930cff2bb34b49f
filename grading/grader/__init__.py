"""Grade a folder of submissions: `make grade SUBMISSIONS=folder`, or `python -m grading grade`."""
