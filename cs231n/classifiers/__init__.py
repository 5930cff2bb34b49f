"""The linear classifiers; their losses live in linear_svm.py and softmax.py."""

__all__ = ["LinearClassifier", "LinearSVM", "Softmax"]


def __getattr__(name):
    """Import a class when it is asked for, so that no file of exercises waits for the others."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cs231n.classifiers import linear_classifier

    return getattr(linear_classifier, name)


def __dir__():
    return sorted({*globals(), *__all__})
