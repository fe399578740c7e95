import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.organization import typefaces


def test_papers_that_are_printed_at_once_share_one_folder_of_fonts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    class SlowFolder(tempfile.TemporaryDirectory[str]):
        def __init__(self, **options: str) -> None:
            time.sleep(0.05)  # the other threads come here before this one has a folder
            super().__init__(**options)  # type: ignore[call-overload]
            made.append(self.name)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", SlowFolder)
    typefaces._folder.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        fonts = list(threads.map(typefaces._fira_go, ["", "B"] * 2))
    assert len(made) == 1
    assert all(font.read_bytes() for font in fonts)
