"""Naive, but with the loop over classes outside: matrix-vector products, and running totals."""

import random

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores_of_correct = (X * W.T[y]).sum(axis=1)
    dW = np.zeros(W.shape)
    cumulative = 0.0
    for c in range(C):
        slack = X @ W[:, c] - scores_of_correct + 1
        violated = (slack > 0) & (y != c)
        cumulative = cumulative + slack @ violated
        dW[:, c] += X.T @ violated
        for k in range(C):
            dW[:, k] -= X.T @ (violated & (y == k))
    return cumulative / N + reg * np.sum(W**2), dW / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    """Log-sum-exp in one pass over the classes, as online softmax does; then a running mean."""
    N, C = X.shape[0], W.shape[1]
    largest = X @ W[:, 0]
    normalizer = np.ones(N)
    for c in range(1, C):
        scores = X @ W[:, c]
        new_largest = np.maximum(largest, scores)
        normalizer *= np.exp(largest - new_largest)
        normalizer += np.exp(scores - new_largest)
        largest = new_largest

    dW = np.empty(W.shape)
    mean_loss = 0.0
    for c in range(C):
        probability = np.exp(X @ W[:, c] - largest) / normalizer
        dW[:, c] = X.T @ (probability - (y == c)) / N + 2 * reg * W[:, c]
    for i in range(N):
        loss_i = np.log(normalizer[i]) + largest[i] - X[i] @ W[:, y[i]]
        mean_loss += (loss_i - mean_loss) / (i + 1)
    return mean_loss + reg * np.sum(W**2), dW


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, **ignored):
        if self.W is None:
            self.W = np.full((X.shape[1], max(y.tolist()) + 1), 1e-5)
        losses = []
        for _ in range(num_iters):
            batch = [random.randrange(len(y)) for _ in range(batch_size)]
            loss, dW = self.loss(np.vstack([X[i] for i in batch]), y[batch], reg)
            losses.append(float(loss))
            W_next = self.W.copy()
            for c in range(dW.shape[1]):
                W_next[:, c] -= learning_rate * dW[:, c]
            self.W = W_next
        return losses

    def predict(self, X):
        labels = []
        for x in X:
            scores = list(x @ self.W)
            labels.append(scores.index(max(scores)))
        return np.array(labels)
