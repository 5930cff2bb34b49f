"""The method `train` of a classifier: stochastic gradient descent, watched through its loss."""
