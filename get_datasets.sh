#!/usr/bin/env bash
# Put CIFAR-10 into datasets/, verified. `./get_datasets.sh --help` lists the options.
#
# This is only the launcher: the work is done by datasets/get_cifar10.py, which needs nothing but
# Python 3.9, so that a machine without curl, tar or sha256sum can run it as well.

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1

for python in "$here/.venv/bin/python" python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
        export GET_DATASETS="./get_datasets.sh"
        exec "$python" "$here/datasets/get_cifar10.py" "$@"
    fi
done

echo "error: neither .venv/bin/python nor python3 nor python is Python 3.9 or later" >&2
echo "  what to do: install Python 3 (https://www.python.org/downloads, 'apt install python3'," \
    "'brew install python'), then run this again" >&2
exit 1
