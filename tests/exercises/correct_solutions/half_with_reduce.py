"""The half convention with functools.reduce over examples."""

from functools import reduce

import numpy as np


def svm_loss_naive(W, X, y, reg):
    def add(so_far, example):
        (loss, dW), (x, label) = so_far, example
        scores = W.T @ x
        margins = np.delete(scores - scores[label] + 1, label).clip(min=0)
        slope = np.insert((margins > 0) * 1.0, label, -np.sum(margins > 0))
        return loss + margins.sum(), dW + x[:, None] * slope

    loss, dW = reduce(add, zip(X, y, strict=True), (0.0, np.zeros_like(W)))
    return loss / len(X) + reg * np.sum(W * W) / 2, dW / len(X) + W * reg


def softmax_loss_naive(W, X, y, reg):
    def add(so_far, example):
        (loss, dW), (x, label) = so_far, example
        e = np.exp(W.T @ x - (W.T @ x).max())
        slope = e / e.sum()
        slope[label] -= 1
        return loss + np.log(e.sum()) - (W.T @ x - (W.T @ x).max())[label], dW + np.outer(x, slope)

    loss, dW = reduce(add, zip(X, y, strict=True), (0.5 * len(X) * reg * np.sum(W * W), 0))
    return loss / len(X), dW / len(X) + reg * W
