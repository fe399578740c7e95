import pytest

from lambdas.domain.errors import (
    ArchiveUnusable,
    InvalidExecutionInput,
    InvalidRegister,
    InvalidSettings,
)


@pytest.mark.parametrize(
    "kind", [ArchiveUnusable, InvalidExecutionInput, InvalidRegister, InvalidSettings]
)
def test_every_problem_is_reported_on_a_line_of_its_own(
    kind: type[ArchiveUnusable | InvalidExecutionInput | InvalidRegister | InvalidSettings],
) -> None:
    error = kind(["one is wrong", "another is wrong"])
    assert error.problems == ("one is wrong", "another is wrong")
    assert str(error).splitlines() == [
        f"{kind.heading}:",
        "  - one is wrong",
        "  - another is wrong",
    ]
