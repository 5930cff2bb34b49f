"""Lists of Python numbers throughout; NumPy only for what is returned."""

import math

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def scores_of(x, W):
    return [sum(a * w for a, w in zip(x, column, strict=True)) for column in zip(*W, strict=True)]


def finish(total, dscores, X, W, reg):
    N, D, C = len(X), len(W), len(W[0])
    loss = total / N + reg * sum(w * w for row in W for w in row)
    dW = [
        [sum(X[i][d] * dscores[i][c] for i in range(N)) / N + 2 * reg * W[d][c] for c in range(C)]
        for d in range(D)
    ]
    return loss, np.array(dW)


def svm_loss_naive(W, X, y, reg):
    W, X, total, dscores = W.tolist(), X.tolist(), 0.0, []
    for x, label in zip(X, y.tolist(), strict=True):
        scores = scores_of(x, W)
        margins = [max(0.0, s - scores[label] + 1) for s in scores]
        margins[label] = 0.0
        slopes = [1 if m > 0 else 0 for m in margins]
        slopes[label] = -sum(slopes)
        total += sum(margins)
        dscores.append(slopes)
    return finish(total, dscores, X, W, reg)


def softmax_loss_naive(W, X, y, reg):
    W, X, total, dscores = W.tolist(), X.tolist(), 0.0, []
    for x, label in zip(X, y.tolist(), strict=True):
        scores = scores_of(x, W)
        exponentials = [math.exp(s - max(scores)) for s in scores]
        total += math.log(sum(exponentials)) + max(scores) - scores[label]
        probabilities = [e / sum(exponentials) for e in exponentials]
        dscores.append([p - (c == label) for c, p in enumerate(probabilities)])
    return finish(total, dscores, X, W, reg)


class Classifier(LinearClassifier):
    def predict(self, X):
        found = [scores_of(x, self.W.tolist()) for x in X.tolist()]
        return np.array([row.index(max(row)) for row in found])
