"""Checksums of the data sets. No imports: datasets/get_cifar10.py needs this before installing."""

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
# What datasets/scenes draws; tested. Whoever changes a drawing changes these.
SYNTHETIC_SHA256 = {
    "data_batch_1": "2d647cb5e92ad0b591323c19fcad1afcbccf2e8d178bb60262562d49292c82e5",
    "data_batch_2": "66cc36a21ba032b755dc0ce5712f83878ed429701495fc2cd94beef8863463c2",
    "data_batch_3": "1cafaa909723a63fdf078952fc045033c8ad4944cff64ee47c7662c2ce709876",
    "data_batch_4": "b4657f363b36e13be6ae30583c96073b950fd8258273e665cc3fd2db35a8216e",
    "data_batch_5": "e3e16d5db0b4cd8b73ddf01e4fe59f38bdb4ae6496bcec51294d8db2bb5712c8",
    "test_batch": "790e61d66701bfee7998d4cfe9eb16ffa22e2c9db2f003afbd6fc2ddff8f77eb",
    "batches.meta": "71d9ef4f77e52bd17df4031f847e8261e420501a7ba2f2f07961b94908433c1c",
}
