"""Half the penalty, reg/2 * sum(W*W), and so reg * W in the gradient: consistent, so right."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(len(X)):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j != y[i]:
                margin = max(0, scores[j] - scores[y[i]] + 1)
                loss += margin
                if margin:
                    dW[:, j] += X[i]
                    dW[:, y[i]] -= X[i]
    return loss / len(X) + 0.5 * reg * np.sum(W * W), dW / len(X) + reg * W


def svm_loss_vectorized(W, X, y, reg):
    rows = np.arange(len(X))
    scores = X.dot(W)
    margins = np.maximum(0, (scores.T - scores[rows, y] + 1).T)
    margins[rows, y] = 0
    active = (margins > 0).astype(int)
    active[rows, y] = -active.sum(axis=1)
    loss = margins.sum(axis=1).mean() + reg / 2 * np.sum(W**2)
    return loss, X.T.dot(active) / len(X) + reg * W


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(len(X)):
        scores = X[i].dot(W)
        scores = scores - np.max(scores)
        probabilities = np.exp(scores) / np.sum(np.exp(scores))
        loss += np.log(np.sum(np.exp(scores))) - scores[y[i]]
        probabilities[y[i]] -= 1
        dW += np.outer(X[i], probabilities)
    return loss / len(X) + 0.5 * reg * np.sum(W * W), dW / len(X) + reg * W


def softmax_loss_vectorized(W, X, y, reg):
    rows = np.arange(len(X))
    scores = X.dot(W)
    scores = scores - scores.max(axis=1).reshape(-1, 1)
    sums = np.exp(scores).sum(axis=1).reshape(-1, 1)
    dscores = np.exp(scores) / sums
    dscores[rows, y] -= 1
    loss = (np.log(sums).sum() - scores[rows, y].sum()) / len(X)
    loss += 0.5 * reg * np.linalg.norm(W) ** 2
    return loss, X.T.dot(dscores) / len(X) + reg * W
