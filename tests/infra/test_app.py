"""app.py as the CDK CLI runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from infra.names import PROJECT


def run_app(context: object, outdir: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_OUTDIR": str(outdir),
        "CDK_VALIDATION": "false",  # ten seconds; test_gates.py has the app validated
    }
    return subprocess.run(
        [sys.executable, str(PROJECT / "app.py")],
        capture_output=True,
        check=False,
        cwd=PROJECT,
        env=environment,
        text=True,
    )


def test_bad_settings_end_the_synthesis_with_one_message_and_no_traceback(tmp_path: Path) -> None:
    context = {"invoice_archive": {"payers_file": "nowhere.csv", "notify_emails": ["x"]}}

    done = run_app(context, tmp_path)

    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].endswith("are not valid:")
    assert len(lines) == 4
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "manifest.json").exists()


def test_the_app_synthesizes_without_credentials(
    context: dict[str, object], tmp_path: Path
) -> None:
    done = run_app(context | {"aws:cdk:bundling-stacks": []}, tmp_path)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "InvoiceArchive.template.json").is_file()
