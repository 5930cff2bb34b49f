"""The two linear classifiers; their losses live in linear_svm.py and softmax.py."""

from cs231n.classifiers.linear_classifier import LinearClassifier, LinearSVM, Softmax

__all__ = ["LinearClassifier", "LinearSVM", "Softmax"]
