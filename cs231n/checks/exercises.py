"""The exercises: where each is found, and which family of problems it belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """`attribute` of `module` is called; `family` names its problems in the data file."""

    module: str
    attribute: str
    family: str
    vectorized: bool = False

    @property
    def path(self):
        """The file that a student edits, seen from the root of the repository."""
        return self.module.replace(".", "/") + ".py"


SVM, SOFTMAX, LINEAR = (
    f"cs231n.classifiers.{name}" for name in ("linear_svm", "softmax", "linear_classifier")
)

EXERCISES = {
    "svm_loss_naive": Exercise(SVM, "svm_loss_naive", "svm"),
    "svm_loss_vectorized": Exercise(SVM, "svm_loss_vectorized", "svm", vectorized=True),
    "softmax_loss_naive": Exercise(SOFTMAX, "softmax_loss_naive", "softmax"),
    "softmax_loss_vectorized": Exercise(
        SOFTMAX, "softmax_loss_vectorized", "softmax", vectorized=True
    ),
    "train": Exercise(LINEAR, "LinearClassifier", "train"),
    "predict": Exercise(LINEAR, "LinearClassifier", "predict"),
}
