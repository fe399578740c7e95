"""Where the programs are that people open views with; `make test-views` installs what lacks."""

import shutil

import pytest


def program(*names: str) -> str:
    """Path of the first of these programs that this machine has."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.fail(f"none of {', '.join(names)} is on this machine: run `make test-views`")
