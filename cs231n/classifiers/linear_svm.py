"""The multiclass support vector machine loss (hinge loss), twice: naive, then vectorized.

One example with scores s = x W and correct class y costs

    L_i = sum over j != y of  max(0, s_j - s_y + 1)

so every wrong class should score at least a margin of 1 less than the correct one, and pays for
what it lacks. The loss of a batch is the mean over its examples, plus a penalty on large weights:

    L = 1/N sum_i L_i + reg * sum(W * W)

Gradient. Derive it: the notebook has hints, and an example by hand. At the kink, where
s_j - s_y + 1 = 0, there is no derivative; we take 0, a valid subgradient.

Source: Weston and Watkins, "Support vector machines for multi-class pattern recognition" (1999);
CS231n course notes, https://cs231n.github.io/linear-classify/
"""

import numpy as np

from cs231n.classifiers.inputs import check_inputs, check_scores


def svm_loss_naive(W, X, y, reg, *, margin=1.0):
    """Return the hinge loss (float) and its gradient dW (D, C), in explicit loops.

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
        for j in range(C):
            if j == y[i]:
                continue
            violation = scores[j] - scores[y[i]] + margin
            if violation > 0:  # it grows with s_j and shrinks with s_y, and s_j grows by x with w_j
                loss += float(violation)
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]

    loss = loss / N + float(reg) * float(np.sum(W * W))
    dW = dW / N + 2 * float(reg) * W
    ### END SOLUTION
    return loss, dW


def svm_loss_vectorized(W, X, y, reg, *, margin=1.0):
    """Return what svm_loss_naive returns, without Python loops: two matrix products.

    Derive it: the gradient flows back through the scores, whose own gradient hinge_loss returns.
    """
    W, X, y = check_inputs(W, X, y)
    ### BEGIN SOLUTION
    scores = X @ W  # (N, C)
    check_scores(scores, W, X)
    losses, dscores = hinge_loss(scores, y, margin)
    loss = float(losses.mean()) + float(reg) * float(np.sum(W * W))
    dW = X.T @ (dscores / len(X)) + 2 * float(reg) * W
    ### END SOLUTION
    return loss, dW


def hinge_loss(scores, y, margin=1.0):
    """Return the hinge loss (N,) of each row of scores (N, C), and dscores (N, C), its gradient.

    Each row stands alone, without any penalty: row i of dscores is the gradient of losses[i]. Any
    `margin` is honoured; the kink counts 0. For svm_loss_vectorized, and for grid_search.
    By hand: the row (2, 3, 1) with y = 0 has the loss 2 + 0, and dscores (-1, 1, 0).
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(y))
    violations = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + margin)
    violations[rows, y] = 0  # the correct class does not compete with itself
    losses = violations.sum(axis=1)

    dscores = (violations > 0).astype(scores.dtype)
    dscores[rows, y] = -dscores.sum(axis=1)
    ### END SOLUTION
    return losses, dscores
