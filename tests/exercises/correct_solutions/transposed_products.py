"""Scores as (C, N): an example is a column, classes run along axis 0, dW is transposed back."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    N = X.shape[0]
    columns = X.T  # (D, N)
    dWT = np.zeros(W.T.shape)
    loss = 0
    for n in range(N):
        s = W.T.dot(columns[:, n])
        for c in range(W.shape[1]):
            if c != y[n] and 1 + s[c] > s[y[n]]:
                loss += 1 + s[c] - s[y[n]]
                dWT[c] += columns[:, n]
                dWT[y[n]] -= columns[:, n]
    return loss / N + reg * np.trace(W.T.dot(W)), (dWT / N).T + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    S = W.T.dot(X.T)  # (C, N)
    margins = S - S[y, np.arange(N)] + 1
    margins[y, np.arange(N)] = 0
    active = (margins > 0).astype(W.dtype)
    loss = np.sum(margins * active) / N + reg * np.sum(W * W)
    active[y, np.arange(N)] -= active.sum(axis=0)
    dW = active.dot(X).T / N  # a view, so in Fortran order
    dW += 2 * reg * W
    return loss, dW


def softmax_loss_naive(W, X, y, reg):
    N = X.shape[0]
    columns = X.T
    dWT = np.zeros(W.T.shape)
    loss = 0
    for n in range(N):
        s = W.T.dot(columns[:, n])
        s = s - s.max()
        loss += np.log(np.sum(np.exp(s))) - s[y[n]]
        for c in range(W.shape[1]):
            dWT[c] += np.exp(s[c]) / np.sum(np.exp(s)) * columns[:, n]
        dWT[y[n]] -= columns[:, n]
    return loss / N + reg * np.trace(W.T.dot(W)), (dWT / N).T + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    S = W.T.dot(X.T)
    S -= S.max(axis=0)
    P = np.exp(S)
    normalizer = P.sum(axis=0)
    P /= normalizer
    loss = np.mean(np.log(normalizer) - S[y, np.arange(N)]) + reg * np.sum(W * W)
    P[y, np.arange(N)] -= 1
    return loss, P.dot(X).T / N + 2 * reg * W


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, *args, **kw):
        XT = X.T
        if self.W is None:
            C = len(np.bincount(y))
            self.W = 1e-4 * np.random.standard_normal((C, XT.shape[0])).T  # noqa: NPY002
        losses = []
        while len(losses) < num_iters:
            picked = np.random.randint(XT.shape[1], size=batch_size)  # noqa: NPY002
            loss, dW = self.loss(XT[:, picked].T, np.take(y, picked), reg)
            losses += [loss]
            self.W = (self.W.T - learning_rate * dW.T).T
        return losses

    def predict(self, X):
        return self.W.T.dot(X.T).argmax(axis=0)
