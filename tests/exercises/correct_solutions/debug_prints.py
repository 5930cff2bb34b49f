"""Prints left in everywhere, and a loss that is log p again; right for all that."""

import sys

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


def svm_loss_naive(W, X, y, reg):
    print("W", W.shape, "X", X.shape, "y", y.shape, "reg", reg)
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        f = X[i] @ W
        print("scores of", i, ":", f)
        for j in range(W.shape[1]):
            m = f[j] - f[y[i]] + 1
            if j != y[i] and m > 0:
                print(f"   class {j} violates the margin by {m}")
                loss += m
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    print("done!!", loss / X.shape[0])
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    f = X @ W
    print(f, file=sys.stderr)
    m = np.maximum(f - f[np.arange(len(y)), y, np.newaxis] + 1, 0)
    m[np.arange(len(y)), y] = 0
    print("margins", m.min(), m.max(), "\r\n\t\x1b[31mred\x1b[0m <b>not bold</b>")
    count = (m > 0) * 1.0
    count[np.arange(len(y)), y] = -count.sum(1)
    dW = X.T @ count / len(y) + 2 * reg * W
    print('{"loss": 0, "dW": null}')
    return m.sum() / len(y) + reg * np.sum(W * W), dW


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        f = X[i] @ W
        f = f - f.max()
        p = np.exp(f) / np.exp(f).sum()
        print("p =", p, "sums to", p.sum())
        loss -= np.log(p[y[i]])
        p[y[i]] -= 1
        dW += np.outer(X[i], p)
    print("loss:", loss, "äöü ✓")
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    f = X @ W
    f = f - np.amax(f, 1, keepdims=True)
    print("after shifting:", f.max(1))
    p = np.exp(f) / np.sum(np.exp(f), 1, keepdims=True)
    print("p", p, sep="\n", end="", flush=True)
    loss = -np.mean(np.log(p[np.arange(len(y)), y])) + reg * np.sum(W * W)
    p[np.arange(len(y)), y] -= 1
    return loss, X.T @ p / len(y) + 2 * reg * W


class Classifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, **kwargs):
        print("train called with", X.shape, y.shape, kwargs)
        if self.W is None:
            self.W = np.random.randn(X.shape[1], max(y) + 1) * 0.0001  # noqa: NPY002
        history = []
        for i in range(num_iters):
            idx = np.random.choice(np.arange(X.shape[0]), batch_size, replace=True)  # noqa: NPY002
            print("batch", idx)
            value, g = self.loss(X[idx], y[idx], reg)
            print(i, value)
            history.append(value)
            self.W -= learning_rate * g
        return history

    def predict(self, X):
        out = np.empty(X.shape[0])
        for i in range(X.shape[0]):
            out[i] = np.argmax(X[i] @ self.W)
            print("image", i, "is a", out[i])
        return out
