"""What the type checker sees of CDK."""

import re
import tomllib

from infra.names import PROJECT


def test_calls_of_every_module_of_cdk_that_infra_imports_are_checked() -> None:
    """All others are skipped, and mypy lets everything pass that it skips."""
    tool = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    followed = {
        module
        for override in tool["mypy"]["overrides"]
        if override.get("follow_imports") == "normal"
        for module in override["module"]
    }
    sources = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "infra").glob("*.py"))
    imported = set(re.findall(r"^from aws_cdk import (\w+)", sources, re.MULTILINE))
    assert "aws_iam" in imported
    for module in imported:
        assert {f"aws_cdk.{module}", f"aws_cdk.interfaces.{module}"} <= followed
    assert not re.search(r"^(from aws_cdk\.|import aws_cdk\.)", sources, re.MULTILINE)
