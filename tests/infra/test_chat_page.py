"""docs/chat.md: its template is one that CloudFormation takes, and it reads events that exist."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.names import PROJECT
from lambdas.domain.notifications.event import DETAIL_TYPE, SOURCE, period_event
from tests.domain.notifications.notices import account, notification

PAGE = (PROJECT / "docs" / "chat.md").read_text(encoding="utf-8")
[TEMPLATE] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, each read as its argument."""


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(TEMPLATE, _Loader)["Resources"]  # noqa: S506 - it is safe
    return found


def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    """It knows each property of each resource and what kind of value it takes."""
    file = tmp_path / "webhook.yaml"
    file.write_text(TEMPLATE)
    command = [Path(sys.executable).with_name("cfn-lint"), file]
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_token_is_nowhere_but_in_secrets_manager(resources: dict[str, Any]) -> None:
    given = resources["Connection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    [secret] = re.findall(r"create-secret --name (\S+)", PAGE)
    assert given["ApiKeyValue"] == "{{resolve:secretsmanager:" + secret + "}}"
    assert TEMPLATE.count("resolve:") == 1


def test_the_rule_takes_our_events_and_its_message_has_members_that_they_have(
    resources: dict[str, Any],
) -> None:
    rule = resources["Rule"]["Properties"]
    assert rule["EventPattern"] == {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    [target] = rule["Targets"]
    transformer = target["InputTransformer"]
    event = {"detail": period_event(notification("COMPLETE", account()))}
    values = {
        name: event["detail"][path.removeprefix("$.detail.")]
        for name, path in transformer["InputPathsMap"].items()
    }
    template = transformer["InputTemplate"]
    assert set(re.findall(r"<(\w+)>", template)) == set(values)
    for name, value in values.items():
        template = template.replace(f"<{name}>", value)
    assert json.loads(template.replace("${Channel}", "C1")) == {
        "channel": "C1",
        "text": (
            "AWS invoices 2026-10: COMPLETE; the deadline is 2026-11-10. Archive: example-archive"
        ),
    }
