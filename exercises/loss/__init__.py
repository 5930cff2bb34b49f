"""A loss function of weights, images, labels and reg: returns a number and its gradient."""
