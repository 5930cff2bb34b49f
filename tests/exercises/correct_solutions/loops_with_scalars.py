"""Plain Python numbers throughout: three nested loops, lists and the math module. Right, and slow.

There are no vectorized versions in this style.
"""

import math

import numpy as np


def svm_loss_naive(W, X, y, reg):
    D, C = W.shape
    N = X.shape[0]
    weights, rows, labels = W.tolist(), X.tolist(), y.tolist()
    gradient = [[0.0] * C for _ in range(D)]
    loss = 0.0
    for i in range(N):
        scores = []
        for c in range(C):
            total = 0.0
            for d in range(D):
                total = total + rows[i][d] * weights[d][c]
            scores.append(total)
        correct = labels[i]
        for c in range(C):
            if c != correct:
                margin = scores[c] - scores[correct] + 1
                if margin > 0:
                    loss = loss + margin / N
                    for d in range(D):
                        gradient[d][c] = gradient[d][c] + rows[i][d] / N
                        gradient[d][correct] = gradient[d][correct] - rows[i][d] / N
    for d in range(D):
        for c in range(C):
            loss = loss + reg * weights[d][c] ** 2
            gradient[d][c] = gradient[d][c] + 2 * reg * weights[d][c]
    return loss, np.array(gradient)


def softmax_loss_naive(W, X, y, reg):
    D, C = W.shape
    N = X.shape[0]
    weights, rows, labels = W.tolist(), X.tolist(), y.tolist()
    gradient = [[0.0] * C for _ in range(D)]
    loss = 0.0
    for i in range(N):
        scores = []
        for c in range(C):
            total = 0.0
            for d in range(D):
                total = total + rows[i][d] * weights[d][c]
            scores.append(total)
        largest = max(scores)
        exponentials = []
        for score in scores:
            exponentials.append(math.exp(score - largest))
        normalizer = sum(exponentials)
        loss = loss + (math.log(normalizer) + largest - scores[labels[i]]) / N
        for c in range(C):
            error = exponentials[c] / normalizer
            if c == labels[i]:
                error = error - 1
            for d in range(D):
                gradient[d][c] = gradient[d][c] + error * rows[i][d] / N
    for d in range(D):
        for c in range(C):
            loss = loss + reg * weights[d][c] ** 2
            gradient[d][c] = gradient[d][c] + 2 * reg * weights[d][c]
    return loss, np.array(gradient)
