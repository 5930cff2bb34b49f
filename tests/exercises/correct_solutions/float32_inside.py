"""Everything is computed in float32, whatever came in; dW is float32, too."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    W, X = np.float32(W), np.float32(X)
    N, C = np.float32(len(X)), W.shape[1]
    loss, dW = np.float32(0), np.zeros(W.shape, np.float32)
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        for j in range(C):
            margin = scores[j] - scores[label] + np.float32(1)
            if j != label and margin > 0:
                loss += margin / N
                dW[:, j] += x / N
                dW[:, label] -= x / N
    return loss + np.float32(reg) * np.sum(W * W), dW + np.float32(2 * reg) * W


def svm_loss_vectorized(W, X, y, reg):
    W, X = W.astype(np.float32), X.astype(np.float32)
    N, rows = len(X), np.arange(len(X))
    scores = X @ W
    margins = (scores - scores[rows, y, None] + 1).clip(min=0)
    margins[rows, y] = 0
    dscores = (margins > 0).astype(np.float32)
    dscores[rows, y] = -dscores.sum(axis=1)
    dW = X.T @ dscores / N + np.float32(2 * reg) * W
    return np.float32(margins.sum() / N + reg * np.sum(W * W)), dW.astype(np.float32)


def softmax_loss_naive(W, X, y, reg):
    W, X = np.float32(W), np.float32(X)
    N = np.float32(len(X))
    loss, dW = np.float32(0), np.zeros(W.shape, np.float32)
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        scores -= scores.max()
        exponentials = np.exp(scores)
        loss += (np.log(exponentials.sum()) - scores[label]) / N
        exponentials /= exponentials.sum()
        exponentials[label] -= 1
        dW += np.outer(x, exponentials) / N
    return loss + np.float32(reg) * np.sum(W * W), dW + np.float32(2 * reg) * W


def softmax_loss_vectorized(W, X, y, reg):
    W, X = W.astype(np.float32), X.astype(np.float32)
    N, rows = len(X), np.arange(len(X))
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    exponentials = np.exp(scores)
    normalizer = exponentials.sum(axis=1, keepdims=True)
    loss = np.float32(np.mean(np.log(normalizer[:, 0]) - scores[rows, y]) + reg * np.sum(W * W))
    exponentials /= normalizer
    exponentials[rows, y] -= 1
    dW = X.T @ exponentials / N + np.float32(2 * reg) * W
    return loss, dW.astype(np.float32)


class Classifier(LinearClassifier):
    def predict(self, X):
        scores = X.astype(np.float32) @ self.W.astype(np.float32)
        return scores.argmax(axis=1).astype(np.float32)
