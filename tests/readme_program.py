"""The program that README.txt holds, saved and started as a person does it."""

import subprocess
import sys
from pathlib import Path

from lambdas.views.readme import RULE

NAME = "check_manifests.py"


def save_program(readme: str, folder: Path) -> None:
    """Save it beside the archive's folders, as the text says."""
    _, text, _ = readme.split(f"{RULE}\n")
    (folder / NAME).write_text(text, encoding="ascii")


def start_program(folder: Path) -> "subprocess.CompletedProcess[str]":
    """How it ends and what it prints, without any package of this project; it hangs on nothing."""
    return subprocess.run(
        [sys.executable, "-I", "-S", NAME],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
