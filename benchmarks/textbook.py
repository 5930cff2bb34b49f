"""The assignment as a typical solution does it: correct, vectorized, and in float64 throughout.

Nothing here is made slow on purpose. It is what most people write who follow the course notes:
images as float64, splits by lists of indices, the bias column joined on with hstack, and losses
that spell out every intermediate array.
"""

from pathlib import Path

import numpy as np

from cs231n.data_utils import unpickle


def load_batch(path):
    batch = unpickle(path)  # the safe reader, at no cost: pickle.load takes the same time
    images = batch["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype("float64")
    return images, np.array(batch["labels"])


def load_data(root, num_training=49000, num_validation=1000, num_test=1000, num_dev=500):
    """Return what cs231n.data_utils.get_CIFAR10_data returns, in float64."""
    batches = [load_batch(Path(root) / f"data_batch_{number}") for number in range(1, 6)]
    X_train = np.concatenate([images for images, _ in batches])
    y_train = np.concatenate([labels for _, labels in batches])
    X_test, y_test = load_batch(Path(root) / "test_batch")

    mask = list(range(num_training, num_training + num_validation))
    X_val, y_val = X_train[mask], y_train[mask]
    mask = list(range(num_training))
    X_train, y_train = X_train[mask], y_train[mask]
    mask = np.random.choice(num_training, num_dev, replace=False)  # noqa: NPY002
    X_dev, y_dev = X_train[mask], y_train[mask]
    mask = list(range(num_test))
    X_test, y_test = X_test[mask], y_test[mask]

    X_train = np.reshape(X_train, (X_train.shape[0], -1))
    X_val = np.reshape(X_val, (X_val.shape[0], -1))
    X_test = np.reshape(X_test, (X_test.shape[0], -1))
    X_dev = np.reshape(X_dev, (X_dev.shape[0], -1))

    mean_image = np.mean(X_train, axis=0)
    X_train -= mean_image
    X_val -= mean_image
    X_test -= mean_image
    X_dev -= mean_image

    X_train = np.hstack([X_train, np.ones((X_train.shape[0], 1))])
    X_val = np.hstack([X_val, np.ones((X_val.shape[0], 1))])
    X_test = np.hstack([X_test, np.ones((X_test.shape[0], 1))])
    X_dev = np.hstack([X_dev, np.ones((X_dev.shape[0], 1))])
    return X_train, y_train, X_val, y_val, X_test, y_test, X_dev, y_dev


def svm_loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(N), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)

    violated = np.zeros(margins.shape)
    violated[margins > 0] = 1
    violated[np.arange(N), y] = -np.sum(violated, axis=1)
    dW = X.T.dot(violated) / N + 2 * reg * W
    return loss, dW


def softmax_loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    probabilities = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    one_hot = np.zeros(probabilities.shape)
    one_hot[np.arange(N), y] = 1
    loss = -np.sum(one_hot * np.log(probabilities)) / N + reg * np.sum(W * W)

    dW = X.T.dot(probabilities - one_hot) / N + 2 * reg * W
    return loss, dW


def train(loss, X, y, learning_rate, reg, num_iters, batch_size, rng):
    """Return the weights after plain SGD, and the loss of every minibatch."""
    W = 0.0001 * rng.standard_normal((X.shape[1], np.max(y) + 1))
    losses = []
    for _ in range(num_iters):
        batch = rng.choice(X.shape[0], batch_size, replace=True)
        value, dW = loss(W, X[batch], y[batch], reg)
        losses.append(value)
        W -= learning_rate * dW
    return W, losses


def accuracy(W, X, y):
    return np.mean(np.argmax(X.dot(W), axis=1) == y)
