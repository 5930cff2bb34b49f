"""`>=` at the hinge, everywhere: at an exact tie, the slope of the other side."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i, label in enumerate(y):
        scores = X[i] @ W
        for j, score in enumerate(scores):
            margin = score - scores[label] + 1
            if j != label and margin >= 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, label] += -X[i]
    loss /= y.size
    dW /= y.size
    return loss + reg * np.vdot(W, W), dW + reg * 2 * W


def svm_loss_vectorized(W, X, y, reg):
    rows = np.arange(y.size)
    scores = X @ W
    margins = 1 + scores - scores[rows, y][:, None]
    margins[rows, y] = -np.inf  # never a violation
    dscores = np.where(margins >= 0, 1.0, 0.0)
    dscores[rows, y] = -dscores.sum(axis=1)
    loss = np.clip(margins, 0, None).sum() / y.size + reg * np.vdot(W, W)
    return loss, X.T @ dscores / y.size + reg * 2 * W
