"""What others check deployments for: cdk-nag's AwsSolutions and cfn-lint, on all templates."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from infra.names import PAYER_READER_TEMPLATE, PROJECT
from tests.infra.synthesis import REFUSED, checked_by_cdk_nag
from tests.kept import hash_of_files, kept

Finding = tuple[str, str]
"""Where and which: the construct's path and the rule."""

CDKS_OWN = "W3005"  # CDK writes a dependency on a role beside the reference that implies it
PACK = "AwsSolutions"
ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
"""The kind of the metadata of a construct that holds acknowledgements."""


def findings(assembly: Path) -> Counter[Finding]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return Counter(
        (construct["constructPath"], violation["ruleName"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )


def acknowledged(assembly: Path) -> dict[Finding, str]:
    """The reason of each acknowledgement."""
    return {
        (path.removeprefix("/"), rule.removeprefix(f"{PACK}::")): reason
        for file in assembly.glob("*.metadata.json")
        for path, entries in json.loads(file.read_text()).items()
        for entry in entries
        if entry["type"] == ACKNOWLEDGED
        for rule, reason in entry["data"].items()
    }


@pytest.fixture(params=["as in cdk.json", "with all options"])
def settings(request: pytest.FixtureRequest, context: dict[str, Any]) -> dict[str, Any]:
    block = dict(context["invoice_archive"])
    if request.param == "with all options":
        block |= {
            "payer_role_name": "Reader",
            "break_glass_role_arn": "arn:aws:iam::111122223333:role/BreakGlass",
            "notify_emails": ["a@example.com"],
            "escalate_to": {"emails": ["b@example.com"]},
            "chat_notifications": True,
            "reviewer_legal_entities": ["Kessler Antriebstechnik GmbH"],
            "witnesses": {"cost_explorer": False},
        }
    return {**context, "invoice_archive": block}


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(settings: dict[str, Any]) -> None:
    checked = checked_by_cdk_nag(settings)
    assert findings(checked) == Counter()
    assert not (checked / REFUSED).exists()


def test_every_finding_has_one_argued_acknowledgement_and_none_is_left_over(
    settings: dict[str, Any],
) -> None:
    reasons = acknowledged(checked_by_cdk_nag(settings))
    without = checked_by_cdk_nag(settings, with_acknowledgements=False)
    assert "ValidationFailed" in (without / REFUSED).read_text()
    found = findings(without)

    covered = Counter(
        finding
        for finding in found.elements()
        for path, rule in reasons
        if rule == finding[1] and (finding[0] + "/").startswith(path + "/")
    )

    assert covered == found
    assert len(reasons) == found.total()
    assert all(len(reason) > 20 for reason in reasons.values())


NEWER_THAN_CFN_LINT = ("listfinancialrecords", "batchgetfinancialrecord")
"""Actions of `payments` that its list does not have yet; the service model has them."""


def test_cfn_lint_has_nothing_to_say(assembly: Path) -> None:
    templates = [*assembly.glob("*.template.json"), PROJECT / PAYER_READER_TEMPLATE]
    assert len(templates) == 3
    command = [Path(sys.executable).with_name("cfn-lint"), "--format", "json"]
    command += ["--ignore-checks", CDKS_OWN, "--"]

    def lint(folder: Path) -> None:
        done = subprocess.run(
            [*command, *templates], capture_output=True, check=False, text=True, cwd=PROJECT
        )
        said = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
        (folder / "said.json").write_text(json.dumps(said))

    key = hash_of_files([*templates, Path(__file__)])
    said = json.loads((kept("cfn-lint", key, lint) / "said.json").read_text())
    found = [
        (one["Rule"]["Id"], one["Message"].partition(" ")[0]) for one in json.loads(said["out"])
    ]
    assert set(found) == {("W3037", f"'{action}'") for action in NEWER_THAN_CFN_LINT}, said
