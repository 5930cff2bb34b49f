"""Wrong loss functions in a style unlike the course's own, for test_checks_misconceptions.py.

Students do not write our code: a check that knew only our own solution's mistakes would be useless.
A name says the exercise and, after two underscores each, the misconceptions in it.
"""

import math

import numpy as np

# The hinge loss


def svm_loss_naive__reg_gradient_halved(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W, dtype=float)
    for x, label in zip(X, y, strict=True):
        s = W.T.dot(x)
        for c, score in enumerate(s):
            if c != label and score + 1 > s[label]:
                loss += score - s[label] + 1
                dW[:, c] += x
                dW[:, label] += -x
    loss /= len(y)
    dW /= len(y)
    return loss + reg * (W**2).sum(), dW + reg * W


def svm_loss_naive__no_mean_gradient__reg_missing_loss(W, X, y, reg):
    total, dW = 0, 2 * reg * W
    for i, row in enumerate(X):
        for j in range(W.shape[1]):
            m = np.inner(row, W[:, j]) - np.inner(row, W[:, y[i]]) + 1
            if j != y[i] and m >= 0:
                total += m
                dW.T[j] += row
                dW.T[y[i]] -= row
    return total / X.shape[0], dW


def svm_loss_vectorized__correct_class_in_loss__correct_class_in_row_total(W, X, y, reg):
    s = X.dot(W)
    m = np.clip(s - np.choose(y, s.T)[:, None] + 1, 0, None) if len(W.T) < 30 else None
    mask = (m > 0) * 1.0
    mask[np.arange(len(y)), y] = -np.count_nonzero(m, axis=1)
    return m.sum() / len(X) + reg * np.einsum("ij,ij", W, W), X.T.dot(mask) / len(X) + 2 * reg * W


def svm_loss_vectorized__correct_class_in_loss(W, X, y, reg):
    s = X.dot(W)
    m = np.maximum(s - np.take_along_axis(s, y[:, None], 1) + 1, 0)
    G = np.sign(m)
    G -= np.eye(W.shape[1])[y] * G.sum(1, keepdims=True)
    return np.mean(m.sum(-1)) + reg * np.sum(W**2), X.T @ G / len(X) + 2 * reg * W


def svm_loss_vectorized__margin(W, X, y, reg, delta=0.37):
    s = X @ W
    one_hot = np.arange(W.shape[1]) == y[:, None]
    m = s - s[one_hot][:, None] + delta
    m[one_hot | (m < 0)] = 0
    G = (m > 0) - one_hot * (m > 0).sum(axis=1, keepdims=True)
    return m.sum() / len(y) + reg * (W * W).sum(), X.T @ G / len(y) + 2 * reg * W


def svm_loss_naive__correct_class_not_subtracted(W, X, y, reg):
    per_example = []
    dW = np.zeros(W.shape)
    for i in range(len(y)):
        m = X[i] @ W
        m = m - m[y[i]] + 1
        m[y[i]] = 0
        per_example.append(sum(v for v in m if v > 0))
        dW += np.outer(X[i], m > 0)
    return np.mean(per_example) + reg * np.sum(W * W), dW / len(y) + 2 * reg * W


def svm_loss_vectorized__inconsistent_ties(W, X, y, reg):
    N = len(X)
    s = X @ W
    raw = s - s[range(N), y].reshape(-1, 1) + 1
    raw[range(N), y] = -1
    G = np.where(raw >= 0, 1.0, 0.0)
    G[range(N), y] = -np.count_nonzero(raw > 0, axis=1)
    loss = raw[raw > 0].sum() / N
    return loss + reg * np.square(W).sum(), X.T @ G / N + 2 * reg * W


def svm_loss_vectorized__rows_by_arange_c(W, X, y, reg):
    s = X @ W
    correct = s[np.arange(W.shape[1]), y]
    m = np.maximum(s - correct.reshape(-1, 1) + 1, 0)
    m[np.arange(W.shape[1]), y] = 0
    G = (m > 0).astype(float)
    G[np.arange(W.shape[1]), y] -= G.sum(1)
    return m.sum() / len(X) + reg * (W**2).sum(), X.T.dot(G) / len(X) + 2 * reg * W


def svm_loss_vectorized__loops(W, X, y, reg):
    s = X @ W
    m = np.zeros_like(s)
    for c in range(W.shape[1]):
        m[:, c] = np.maximum(0, s[:, c] - s[np.arange(len(y)), y] + 1) * (y != c)
    G = (m > 0) * 1.0
    G[np.arange(len(y)), y] = -G.sum(axis=1)
    return m.sum() / len(y) + reg * np.sum(W * W), X.T @ G / len(y) + 2 * reg * W


# The softmax loss


def softmax_loss_naive__no_shift(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        e = [np.exp(v) for v in X[i].dot(W)]
        p = np.array(e) / sum(e)
        loss -= np.log(p[y[i]]) / X.shape[0]
        p[y[i]] -= 1
        dW += X[i][:, None] * p[None, :] / X.shape[0]
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


def softmax_loss_vectorized__no_shift__reg_gradient_halved(W, X, y, reg):
    e = np.exp(X.dot(W))
    p = (e.T / e.sum(1)).T
    T = np.eye(W.shape[1])[y]
    loss = -np.log((p * T).sum(1)).sum() / len(y) + reg * np.linalg.norm(W) ** 2
    return loss, X.T.dot(p - T) / len(y) + reg * W


def softmax_loss_vectorized__global_maximum(W, X, y, reg):
    s = X @ W
    s -= np.amax(s)
    p = np.exp(s)
    p /= np.sum(p, axis=1).reshape(-1, 1)
    loss = np.mean(-np.log(p[np.arange(len(p)), y]))
    p[np.arange(len(p)), y] -= 1
    return loss + reg * np.sum(W * W), X.T @ p / len(p) + 2 * reg * W


def softmax_loss_naive__maximum_from_zero(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for x, label in zip(X, y, strict=True):
        s, biggest = x @ W, 0.0
        for value in s:
            if value > biggest:
                biggest = value
        e = np.exp(s - biggest)
        loss += math.log(e.sum()) - (s[label] - biggest) if e.sum() else np.nan
        g = e / e.sum()
        g[label] -= 1
        dW += np.outer(x, g)
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def softmax_loss_vectorized__one_hot_times_log(W, X, y, reg):
    s = X @ W
    p = np.exp(s - s.max(1)[:, None])
    p /= p.sum(1)[:, None]
    T = np.zeros_like(p)
    T[range(len(y)), y] = 1
    loss = -np.sum(np.multiply(T, np.log(p))) / len(X)
    return loss + reg * np.sum(W * W), X.T @ (p - T) / len(X) + 2 * reg * W


def softmax_loss_vectorized__constant_added_to_p(W, X, y, reg, eps=3e-11):
    s = X @ W
    p = np.exp(s - s.max(1)[:, None])
    p /= p.sum(1)[:, None]
    loss = -np.log(np.clip(p[np.arange(len(y)), y], eps, None)).mean()
    p[np.arange(len(y)), y] -= 1
    return loss + reg * np.sum(W * W), X.T @ p / len(X) + 2 * reg * W


def softmax_loss_naive__constant_added_to_p__no_mean(W, X, y, reg):
    loss, dW = reg * np.sum(W * W), 2 * reg * W
    for x, label in zip(X, y, strict=True):
        e = np.exp(x @ W - (x @ W).max())
        loss += -np.log(e[label] / e.sum() + 1e-6)
        dW += np.outer(x, e / e.sum() - (np.arange(len(e)) == label))
    return loss, dW


def softmax_loss_naive__ten_classes(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    for i, x in enumerate(X):
        s = x @ W
        s = s - max(s)
        total = 0.0
        for c in range(10):
            total += np.exp(s[c])
        loss += np.log(total) - s[y[i]]
        for c in range(10):
            dW[:, c] += (np.exp(s[c]) / total - (c == y[i])) * x
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def softmax_loss_vectorized__reg_missing_gradient__no_mean_loss(W, X, y, reg):
    s = X @ W
    log_p = s - s.max(1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
    loss = -log_p[np.arange(len(y)), y].sum() + reg * np.sum(W * W)
    return loss, X.T @ (np.exp(log_p) - np.eye(W.shape[1])[y]) / len(X)


def softmax_loss_vectorized__shape_by_chance(W, X, y, reg):
    s = X @ W
    e = np.exp(s - s.max(1, keepdims=True))
    p = e / e.sum(1)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    return loss + reg * np.sum(W * W), X.T @ p / len(X) + 2 * reg * W


def softmax_loss_vectorized__np_matrix(W, X, y, reg):
    s = X @ W
    p = np.exp(s - s.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    return loss + reg * np.sum(W * W), np.asmatrix(X).T * p / len(X) + 2 * reg * W


def softmax_loss_vectorized__inputs_modified(W, X, y, reg):
    s = X @ W
    p = np.exp(s - s.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[range(len(y)), y]).mean() + reg * np.sum(W * W)
    p[range(len(y)), y] -= 1
    W *= 2 * reg
    W += X.T @ p / len(X)
    return loss, W


def softmax_loss_naive__float_labels(W, X, y, reg):
    labels = np.zeros(len(X))
    for i, label in enumerate(y):
        labels[i] = label
    s = X @ W
    return -np.mean([s[i][labels[i]] for i in range(len(X))]), np.zeros_like(W)
