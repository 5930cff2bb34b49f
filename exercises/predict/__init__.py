"""The method `predict` of a classifier: a label for each row."""
