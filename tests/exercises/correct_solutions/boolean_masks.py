"""Boolean masks (N, C): of the correct classes, of the wrong ones, of the violations."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    num_classes = W.shape[1]
    dW = np.zeros(W.shape)
    loss = 0.0
    for i in range(X.shape[0]):
        wrong = np.ones(num_classes, dtype=bool)
        wrong[y[i]] = False
        scores = X[i] @ W
        margins = scores[wrong] - scores[~wrong] + 1  # (C - 1,)
        violated = wrong.copy()
        violated[wrong] = margins > 0
        loss += margins[margins > 0].sum()
        dW[:, violated] += X[i][:, None]
        dW[:, y[i]] -= violated.sum() * X[i]
    return loss / X.shape[0] + reg * (W * W).sum(), dW / X.shape[0] + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    wrong = np.ones((N, C), dtype=bool)
    wrong[np.arange(N), y] = False
    scores = X @ W
    margins = scores[wrong].reshape(N, C - 1) - scores[~wrong].reshape(N, 1) + 1
    margins[margins < 0] = 0
    dscores = np.zeros((N, C))
    dscores[wrong] = (margins > 0).ravel()
    dscores[~wrong] = -(margins > 0).sum(axis=1)
    return margins.sum() / N + reg * (W * W).sum(), X.T @ dscores / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    loss = 0.0
    for i in range(X.shape[0]):
        correct = np.zeros(W.shape[1], dtype=bool)
        correct[y[i]] = True
        scores = X[i] @ W
        scores = scores - scores.max()
        probabilities = np.exp(scores) / np.exp(scores).sum()
        loss += np.log(np.exp(scores).sum()) - scores[correct].item()
        dW += np.outer(X[i], probabilities)
        dW[:, correct] -= X[i].reshape(-1, 1)
    return loss / X.shape[0] + reg * (W * W).sum(), dW / X.shape[0] + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    correct = np.zeros((N, C), dtype=bool)
    correct[np.arange(N), y] = True
    scores = X @ W
    scores = scores - scores.max(axis=1)[:, None]
    normalizer = np.exp(scores).sum(axis=1)[:, None]
    loss = np.sum(np.log(normalizer)) / N - np.sum(scores, where=correct) / N
    dscores = np.exp(scores) / normalizer - correct
    return loss + reg * (W * W).sum(), X.T @ dscores / N + 2 * reg * W


class Classifier(LinearClassifier):
    def predict(self, X):
        scores = X @ self.W
        best = scores[:, 0].copy()
        labels = np.zeros(len(X), dtype=np.int32)
        for c in range(1, self.W.shape[1]):
            better = scores[:, c] > best
            best[better] = scores[better, c]
            labels[better] = c
        return labels
