"""Every product and sum is an einsum."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = np.einsum("d,dc->c", X[i], W)
        margins = np.maximum(0, 1 + scores - scores[y[i]])
        margins[y[i]] = 0
        active = (margins > 0).astype(float)
        active[y[i]] = -np.einsum("c->", active)
        loss += np.einsum("c->", margins)
        dW += np.einsum("d,c->dc", X[i], active)
    loss = loss / X.shape[0] + reg * np.einsum("dc,dc->", W, W)
    return loss, dW / X.shape[0] + 2 * reg * W


def svm_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = np.identity(C)[y]
    scores = np.einsum("nd,dc->nc", X, W)
    correct = np.einsum("nc,nc->n", scores, Y)
    margins = np.einsum("nc,nc->nc", 1 - Y, np.maximum(0, 1 + scores - correct[:, np.newaxis]))
    active = np.where(margins > 0, 1.0, 0.0)
    dscores = active - np.einsum("nc,nk->nk", active, Y)
    loss = np.einsum("nc->", margins) / N + reg * np.einsum("dc,dc->", W, W)
    return loss, np.einsum("nd,nc->dc", X, dscores) / N + 2 * reg * W


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = np.einsum("d,dc->c", X[i], W)
        exponentials = np.exp(scores - scores.max())
        normalizer = np.einsum("c->", exponentials)
        loss += np.log(normalizer) + scores.max() - scores[y[i]]
        for j in range(W.shape[1]):
            dW[:, j] += (exponentials[j] / normalizer - int(j == y[i])) * X[i]
    loss = loss / X.shape[0] + reg * np.einsum("ij,ij", W, W)
    return loss, dW / X.shape[0] + 2 * reg * W


def softmax_loss_vectorized(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    Y = np.identity(C)[y]
    scores = np.einsum("nd,dc->nc", X, W)
    scores = scores - np.amax(scores, axis=1)[:, np.newaxis]
    exponentials = np.exp(scores)
    normalizer = np.einsum("nc->n", exponentials)
    probabilities = np.einsum("nc,n->nc", exponentials, 1 / normalizer)
    losses = np.log(normalizer) - np.einsum("nc,nc->n", scores, Y)
    loss = np.einsum("n->", losses) / N + reg * np.einsum("dc,dc->", W, W)
    return loss, np.einsum("nd,nc->dc", X, probabilities - Y) / N + 2 * reg * W
