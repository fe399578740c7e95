import io
import json
import logging

import pytest

import lambdas.aws  # noqa: F401 - it keeps the libraries quiet
from lambdas.telemetry import logger, metrics


@pytest.mark.parametrize(
    "name",
    [
        "boto3",
        "botocore",
        "botocore.parsers",
        "botocore.endpoint",
        "urllib3",
        "urllib3.connectionpool",
        "requests",
    ],
)
def test_libraries_that_print_urls_stay_quiet_when_everything_debugs(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    logger()
    caplog.set_level(logging.DEBUG)
    logging.getLogger(name).debug("GET /1?X-Amz-Signature=5ec2e7")
    logging.getLogger(name).info("GET /1?X-Amz-Signature=5ec2e7")
    assert "5ec2e7" not in caplog.text


def test_a_log_line_is_one_json_object_with_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(logger().handlers[0], "stream", printed)
    logger().info("fetched invoice documents", extra={"run_id": "run-1", "archived": 3})
    line = json.loads(printed.getvalue())
    assert (line["message"], line["run_id"], line["archived"]) == (
        "fetched invoice documents",
        "run-1",
        3,
    )
    assert line["service"] == "invoice-archive"


def test_no_metric_has_a_payer_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    metrics().add_metric("RunsValidated", "Count", 1)
    metrics().flush_metrics()
    emitted = json.loads(capsys.readouterr().out.splitlines()[-1])
    (directive,) = emitted["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "InvoiceArchive"
    assert directive["Dimensions"] == [["service"]]


def test_a_log_line_is_ascii_and_has_an_end_whatever_is_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(logger().handlers[0], "stream", printed)
    # what a failing test shows must be UTF-8
    monkeypatch.setattr(logging.getLogger("invoice-archive"), "propagate", False)
    hostile = "\u202e\ud800" + "株" * 1_000_000
    logger().warning(hostile, extra={"reason": hostile, "unfinished": {"2026-10": hostile}})
    line = printed.getvalue()
    assert line.isascii()
    assert len(line) < 256_000
    assert json.loads(line)["unfinished"]["2026-10"].startswith("\u202e?株")
