"""Linear classifiers on CIFAR-10, from raw bytes to learned templates, in NumPy.

Every file uses the same letters and shapes:

    N   images in a batch or data set
    D   numbers in one image row: 32 * 32 * 3 pixels and a constant 1 for the bias = 3073
    C   classes: 10

    X (N, D)        image rows, bias column last
    y (N,)          integer labels 0..C-1
    W (D, C)        weights; column c is the template of class c, its last entry the bias
    scores (N, C)   X @ W; the predicted label is the column of the largest score
"""
