"""The correct class is counted with all others, and its constant share taken off at the end."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    loss, dW = -1.0 * N, np.zeros(W.shape)
    for i in range(N):
        s = X[i].dot(W)
        for j in range(C):
            if s[j] + 1 > s[y[i]]:
                loss += s[j] - s[y[i]] + 1
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / N + reg * np.sum(W * W), dW / N + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    s = X.dot(W)
    h = np.maximum(0, s - s[range(N), y].reshape((N, 1)) + 1)
    loss = np.sum(h) / N - 1 + reg * np.sum(W * W)
    a = np.zeros((N, C))
    a[h > 0] = 1
    a[range(N), list(y)] -= np.sum(a, axis=1)
    dW = X.T.dot(a)
    dW /= N
    dW += 2 * reg * W
    return loss, dW
