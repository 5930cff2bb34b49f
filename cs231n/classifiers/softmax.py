"""The softmax classifier's loss (cross-entropy), twice: naive, then vectorized.

The scores s = x W of one example are read as unnormalised log probabilities,

    p_j = exp(s_j) / sum_k exp(s_k)

and the example costs the negative log probability of its correct class y:

    L_i = -log p_y = log sum_k exp(s_k) - s_y

The loss of a batch is the mean over its examples, plus a penalty on large weights:

    L = 1/N sum_i L_i + reg * sum(W * W)

Gradient. Derive it: the notebook has hints, and an example by hand.

Numerical stability. exp overflows beyond scores of 88 (float32) or 709 (float64). Subtracting the
same constant from all scores of an example leaves p as it is, so we subtract the largest: the
greatest exponent is then 0, and the sum lies between 1 and C.

Source: CS231n course notes, https://cs231n.github.io/linear-classify/#softmax-classifier
"""

import numpy as np

from cs231n.classifiers.inputs import check_inputs, check_scores


def softmax_loss_naive(W, X, y, reg):
    """Return the cross-entropy loss (float) and its gradient dW (D, C), in explicit loops.

    W (D, C) weights, X (N, D) image rows, y (N,) integer labels, reg the regularization strength.
    Inputs are not modified; dW has the floating-point dtype of W and X.
    Raises ValueError for shapes that disagree, labels outside 0..C-1, and (by check_scores, which
    your code calls once there are scores) NaN in W or X.
    """
    W, X, y = check_inputs(W, X, y)
    ### BEGIN SOLUTION
    N, C = len(X), W.shape[1]
    loss = 0.0
    dW = np.zeros(W.shape, np.result_type(W, X), order="F")  # columns in one piece each

    for i in range(N):
        scores = X[i] @ W  # (C,)
        check_scores(scores, W, X)
        scores = scores - scores.max()
        normalizer = np.exp(scores).sum()
        loss += float(np.log(normalizer) - scores[y[i]])
        for j in range(C):
            probability = np.exp(scores[j]) / normalizer  # the derivative of the logarithm by s_j
            dW[:, j] += (probability - (j == y[i])) * X[i]

    loss = loss / N + float(reg) * float(np.sum(W * W))
    dW = dW / N + 2 * float(reg) * W
    ### END SOLUTION
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    """Return what softmax_loss_naive returns, without Python loops: two matrix products.

    The gradient flows back through the scores, whose own gradient cross_entropy_loss returns.
    """
    W, X, y = check_inputs(W, X, y)
    ### BEGIN SOLUTION
    scores = X @ W  # (N, C)
    check_scores(scores, W, X)
    losses, dscores = cross_entropy_loss(scores, y)
    loss = float(losses.mean()) + float(reg) * float(np.sum(W * W))
    dW = X.T @ (dscores / len(X)) + 2 * float(reg) * W
    ### END SOLUTION
    return loss, dW


def cross_entropy_loss(scores, y):
    """Return the cross-entropy (N,) of each row of scores (N, C), and dscores (N, C), its gradient.

    Each row stands alone, without any penalty: row i of dscores is the gradient of losses[i]. For
    softmax_loss_vectorized, and for grid_search. By hand: the row (2, 3, 1) with y = 0 has the loss
    1.408, and dscores (-0.755, 0.665, 0.090).
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(y))
    shifted = scores - scores.max(axis=1, keepdims=True)
    normalizer = np.exp(shifted).sum(axis=1)
    losses = np.log(normalizer) - shifted[rows, y]

    dscores = probabilities(scores)
    dscores[rows, y] -= 1
    ### END SOLUTION
    return losses, dscores


def probabilities(scores):
    """Return softmax of each row of scores (N, C): probabilities P (N, C); each row sums to 1."""
    ### BEGIN SOLUTION
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    P = exponentials / exponentials.sum(axis=1, keepdims=True)
    ### END SOLUTION
    return P
