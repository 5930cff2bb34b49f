# `make` lists the targets. What is installed goes to .venv, what is made to build/.

PYTHON = python3
DOWNLOAD_TIMEOUT = 300
CIFAR10 = datasets/cifar-10-batches-py
VENV = .venv/bin/python

.DEFAULT_GOAL = help
.PHONY: help setup data run lab submission clean
FORCE:

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "make PYTHON=python3.12 ...      sets up with another Python, 3.11 or newer"
	@echo "make DOWNLOAD_TIMEOUT=900 ...   waits longer than 300 seconds for CIFAR-10"

setup: .venv/installed  ## install requirements.txt into .venv

# The stamp is a copy of the list, and written last: an installation that was interrupted is done
# again, and one of another list, whatever the dates of the files are.
differs = $(if $(shell cmp -s $(1) $(2) && echo same),,FORCE)
PIP = $(VENV) -m pip install --disable-pip-version-check --no-input

.venv/installed: $(call differs,requirements.txt,.venv/installed)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
	    "error: '$(PYTHON)' is not Python 3.11 or newer; name one: make PYTHON=python3.12 setup"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo >&2 \
	    "error: '$(PYTHON)' cannot make a .venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing what the notebooks need into .venv: 100 MB to download, 450 MB on disk. It"
	@echo "takes a minute or two, on a slow network ten."
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	@cp requirements.txt $@
	@echo "Installed. The next step: make lab (opens the notebooks), or make run (executes them)."

# Without a network this takes a second or two, 21 seconds where nothing answers at all. A download
# that failed is not tried again before `make clean`, lest every run wait for it.
data: setup  ## get CIFAR-10, or draw the synthetic set where that fails
	@if [ -n "$$CIFAR10_DIR" ]; then \
	    echo "Using the data set that CIFAR10_DIR names: $$CIFAR10_DIR"; \
	elif [ -e $(CIFAR10) ] || { [ ! -e build/no-download ] && \
	        ./get_datasets.sh --timeout $(DOWNLOAD_TIMEOUT) --stall 10 --tries 2; }; then \
	    echo "Using the data set in $(CIFAR10)."; \
	else \
	    mkdir -p build && touch build/no-download && ./get_datasets.sh --synthetic && \
	    echo "Using the synthetic set, as CIFAR-10 could not be downloaded; ./get_datasets.sh tries again."; \
	fi

run: data  ## set up, execute both notebooks into build/, print the results
	$(VENV) -m course.outputs.run

lab: data  ## open the notebooks in JupyterLab
	$(VENV) -m jupyter lab --LabApp.default_url=/lab/tree/notebooks

submission: setup  ## look your work over and pack it into a zip to hand in
	$(VENV) -m course.submission

clean:  ## remove build/ and caches; data sets and .venv stay
	rm -rf build .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# BEGIN INSTRUCTORS
.PHONY: grade grade-demo notebooks checks release test test-slow test-net test-pairs test-night test-all
.PHONY: lint format bench bench-quick

.venv/installed-grade: .venv/installed \
    $(call differs,course/requirements.txt,.venv/installed-grade)
	$(PIP) -r course/requirements.txt
	@cp course/requirements.txt $@

.venv/installed-dev: .venv/installed-grade \
    $(call differs,requirements-dev.txt,.venv/installed-dev)
	$(PIP) -r requirements-dev.txt
	@cp requirements-dev.txt $@

grade: .venv/installed-grade  ## grade a folder of submissions: make grade SUBMISSIONS=folder
	@[ -n "$(SUBMISSIONS)" ] || { echo >&2 \
	    "error: name the folder in which the submissions are: make grade SUBMISSIONS=folder"; exit 2; }
	$(VENV) -m course.grader grade "$(SUBMISSIONS)" $(OPTIONS)

grade-demo: .venv/installed-grade  ## see it work: make example submissions and grade them
	$(VENV) -m course.grader demo build/grade-demo

notebooks: setup  ## execute both on the synthetic set and store their outputs
	./get_datasets.sh --synthetic
	$(VENV) -m course.outputs.run --store

checks: .venv/installed-dev  ## write exercises/checks.npz anew, after a change to exercises/
	$(VENV) -m course.checks.build

release: setup  ## derive the students' edition into build/; URL=… fetches it
	$(VENV) -m course.edition.release --url "$(URL)"

test: lint  ## check style, run unit tests and both notebooks, on all cores
	$(VENV) -m pytest -n auto -m "not (slow or night)"

test-slow: .venv/installed-dev  ## run the tests that take long, or that have many cases
	$(VENV) -m pytest -n auto -m "slow and not night"

test-net: .venv/installed-dev  ## plant bugs, one at a time: do the tests catch each?
	$(VENV) -m pytest -q tests/net.py

test-pairs: .venv/installed-dev  ## plant all pairs of misconceptions: which are named? 5 min
	$(VENV) tests/exercises/pairs_of_misconceptions.py

test-night: test-pairs  ## these pairs, made-up inputs, and what takes very long
	FUZZ=10000 $(VENV) -m pytest -n auto --dist=load --timeout=3600 tests/course/test_fuzz.py
	$(VENV) -m pytest -n auto -m night

test-all: test test-slow test-net test-night  ## check everything there is

lint: .venv/installed-dev  ## check style and formatting of code and notebooks
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check

format: .venv/installed-dev  ## format code and notebooks
	$(VENV) -m ruff check --fix
	$(VENV) -m ruff format

.venv/installed-bench: .venv/installed-grade \
    $(call differs,benchmarks/requirements.txt,.venv/installed-bench)
	$(PIP) -r benchmarks/requirements.txt
	@cp benchmarks/requirements.txt $@

bench: data .venv/installed-bench  ## measure this code against its peers, into benchmarks/
	$(VENV) -m benchmarks.run
	$(VENV) -m benchmarks.waiting

bench-quick: .venv/installed-bench  ## the same on the synthetic set, into build/bench-quick/
	./get_datasets.sh --synthetic
	$(VENV) -m benchmarks.run --quick
	$(VENV) -m benchmarks.waiting start --rounds 1 --out build/bench-quick
# END INSTRUCTORS
