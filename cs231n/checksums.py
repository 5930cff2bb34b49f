"""Checksums of the data sets: what tells the published files from others.

Standard library only (in fact, nothing at all): tools/get_cifar10.py reads this before NumPy is
installed.
"""

# cifar-10-python.tar.gz as published on https://www.cs.toronto.edu/~kriz/cifar.html
CIFAR10_ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CIFAR10_ARCHIVE_BYTES = 170_498_071

CIFAR10_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
SYNTHETIC_SHA256 = {"test_batch": ""}
