"""Generator expressions, comprehensions, zip and np.apply_along_axis; naive versions only."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]
    scores = np.apply_along_axis(lambda x: x @ W, 1, X)
    violated = [
        [j for j in range(C) if j != label and s[j] - s[label] + 1 > 0]
        for s, label in zip(scores, y, strict=True)
    ]
    hinge = sum(
        s[j] - s[label] + 1
        for s, label, classes in zip(scores, y, violated, strict=True)
        for j in classes
    )
    columns = [
        sum(
            (x * ((j in classes) - len(classes) * (j == label)))
            for x, label, classes in zip(X, y, violated, strict=True)
        )
        for j in range(C)
    ]
    dW = np.array(columns).T / N + 2 * reg * W
    return hinge / N + reg * sum(w * w for w in W.flat), dW


def softmax_loss_naive(W, X, y, reg):
    N, C = len(X), W.shape[1]

    def log_softmax(x):
        s = [x.dot(w) for w in W.T]
        return [s_j - max(s) - np.log(sum(np.exp(s_k - max(s)) for s_k in s)) for s_j in s]

    log_p = np.apply_along_axis(log_softmax, 1, X)
    loss = -sum(row[label] for row, label in zip(log_p, y, strict=True)) / N
    dW = sum(
        np.stack([x * (np.exp(row[j]) - (j == label)) for j in range(C)], axis=1)
        for x, row, label in zip(X, log_p, y, strict=True)
    )
    return loss + reg * sum(map(np.dot, W, W)), dW / N + 2 * reg * W


class Classifier(LinearClassifier):
    def predict(self, X):
        def best(x):
            scores = [x @ w for w in self.W.T]
            return max(range(len(scores)), key=scores.__getitem__)

        return np.fromiter((best(x) for x in X), dtype=float, count=len(X))
