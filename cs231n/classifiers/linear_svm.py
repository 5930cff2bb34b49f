"""The multiclass support vector machine loss (hinge loss), twice: naive, then vectorized.

One example with scores s = x W and correct class y costs

    L_i = sum over j != y of  max(0, s_j - s_y + 1)

so every wrong class should score at least a margin of 1 less than the correct one, and pays for
what it lacks. The loss of a batch is the mean over its examples, plus a penalty on large weights:

    L = 1/N sum_i L_i + reg * sum(W * W)

Gradient. Where s_j - s_y + 1 > 0, the term of class j grows by x with the column w_j and shrinks
by x with the column w_y; elsewhere it is constant:

    dL_i / dw_j = x                                  if s_j - s_y + 1 > 0, else 0     (j != y)
    dL_i / dw_y = -x * (the number of such classes j)

At the kink, s_j - s_y + 1 = 0, there is no derivative; we take 0, a valid subgradient.

Source: Weston and Watkins, "Support vector machines for multi-class pattern recognition" (1999);
CS231n course notes, https://cs231n.github.io/linear-classify/
"""

import numpy as np

from cs231n.classifiers.inputs import check_inputs, check_scores


def svm_loss_naive(W, X, y, reg, *, margin=1.0):
    """Return the hinge loss (float) and its gradient dW (D, C), in explicit loops.

    W (D, C) weights, X (N, D) image rows, y (N,) integer labels, reg the regularization strength.
    Inputs are not modified; dW has the floating-point dtype of W and X.
    Raises ValueError for shapes that disagree, labels outside 0..C-1, NaN in W or X.
    """
    W, X, y = check_inputs(W, X, y)
    ### BEGIN SOLUTION
    N, C = len(X), W.shape[1]
    loss = 0.0
    dW = np.zeros(W.shape, dtype=np.result_type(W, X))

    for i in range(N):
        scores = X[i] @ W  # (C,)
        check_scores(scores, W, X)
        for j in range(C):
            if j == y[i]:
                continue
            violation = scores[j] - scores[y[i]] + margin
            if violation > 0:
                loss += float(violation)
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]

    loss = loss / N + float(reg) * float(np.sum(W * W))
    dW = dW / N + 2 * float(reg) * W
    ### END SOLUTION
    return loss, dW


def svm_loss_vectorized(W, X, y, reg, *, margin=1.0):
    """Return what svm_loss_naive returns, without Python loops: two matrix products.

    The gradient flows back through the scores: dW = X.T @ dscores / N, plus 2 * reg * W.
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

    Each row stands alone: row i of dscores is the gradient of losses[i] by scores[i].
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
