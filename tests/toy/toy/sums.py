"""Two exercises: add numbers up, and take their mean."""


def total(numbers):
    """Return the sum of some numbers."""
    ### BEGIN SOLUTION
    result = 0.0
    for number in numbers:
        result = result + float(number)
    ### END SOLUTION
    return result


def mean(numbers):
    """Return the mean of some numbers; 0 of none."""
    ### BEGIN SOLUTION
    result = sum(map(float, numbers)) / max(1, len(numbers))
    ### END SOLUTION
    return result
