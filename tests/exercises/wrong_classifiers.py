"""Wrong versions of train and predict, as wrong_losses.py has wrong losses."""

import numpy as np

from cs231n.classifiers.linear_classifier import LinearClassifier


class train__wrong_sign__learning_rate_twice(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=0):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], y.max() + 1)  # noqa: NPY002
        history = []
        for _ in range(num_iters):
            chosen = np.random.randint(0, len(X), size=batch_size)  # noqa: NPY002
            loss, gradient = self.loss(X[chosen], y[chosen], reg)
            history.append(loss)
            self.W += learning_rate * (learning_rate * gradient)
        return history


class train__sampling_without_replacement__weights_reset(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=0):
        self.W = 0.001 * np.random.randn(X.shape[1], len(np.unique(y)))  # noqa: NPY002
        history = []
        for _ in range(num_iters):
            order = np.arange(len(X))
            np.random.shuffle(order)  # noqa: NPY002
            chosen = order[:batch_size]
            loss, gradient = self.loss(X[chosen], y[chosen], reg)
            history += [loss]
            self.W -= learning_rate * gradient
        return history


class train__labels_not_matching__appended_twice(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=0):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], y.max() + 1)  # noqa: NPY002
        history = []
        for _ in range(num_iters):
            rows = X[np.random.choice(len(X), batch_size)]  # noqa: NPY002
            labels = y[np.random.choice(len(X), batch_size)]  # noqa: NPY002
            loss, gradient = self.loss(rows, labels, reg)
            history.append(loss)
            self.W = self.W - learning_rate * gradient
            history.append(loss)
        return np.array(history)


class train__float_labels(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=0):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], y.max() + 1)  # noqa: NPY002
        table = np.hstack([X, y[:, None]])  # one array keeps rows and labels together
        history = []
        for _ in range(num_iters):
            batch = table[np.random.choice(len(X), batch_size)]  # noqa: NPY002
            loss, gradient = self.loss(batch[:, :-1], batch[:, -1], reg)
            history.append(loss)
            self.W = self.W - learning_rate * gradient
        return history


class predict__wrong_axis(LinearClassifier):
    def predict(self, X):
        return np.array([column.argmax() for column in (X @ self.W).T])


class predict__scores_returned(LinearClassifier):
    def predict(self, X):
        labels = np.zeros(X.shape[0])
        for i, row in enumerate(X):
            labels[i] = max(row @ self.W)
        return labels
