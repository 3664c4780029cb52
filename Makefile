# Two commands do everything on a fresh Linux or macOS machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test clean

demo: $(VENV)/.installed-gui
	$(BIN)/bci-app demo $(ARGS)

test: $(VENV)/.installed-dev
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check

# A stamp newer than pyproject.toml means that the environment is up to date and is used as it is.
$(VENV)/.installed-gui: pyproject.toml
	scripts/install "$(PYTHON)" "$(VENV)" gui

$(VENV)/.installed-dev: pyproject.toml
	scripts/install "$(PYTHON)" "$(VENV)" dev

clean:
	rm -rf $(VENV)
