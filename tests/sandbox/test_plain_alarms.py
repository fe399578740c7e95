"""What the embedded AWS is given for an alarm on metric math."""

import json
from pathlib import Path
from typing import Any

from sandbox.plain_alarms import use_plain_metrics

METRIC = {"Namespace": "InvoiceArchive", "MetricName": "RunsValidated", "Dimensions": []}
MATH = {
    "Threshold": 1,
    "Metrics": [
        {"Id": "expr_1", "Expression": "FILL(beats, 0)", "ReturnData": True},
        {"Id": "beats", "MetricStat": {"Metric": METRIC, "Period": 86400, "Stat": "Sum"}},
    ],
}
PLAIN = {"Threshold": 1, **METRIC, "Period": 86400, "Statistic": "Sum"}


def changed(folder: Path, **alarms: Any) -> dict[str, Any]:
    path = folder / "InvoiceArchive.template.json"
    resources = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
        for name, properties in alarms.items()
    }
    path.write_text(json.dumps({"Resources": resources}))
    use_plain_metrics(folder)
    resources = json.loads(path.read_bytes())["Resources"]
    return {name: resource["Properties"] for name, resource in resources.items()}


def test_an_alarm_on_metric_math_becomes_one_on_its_metric(tmp_path: Path) -> None:
    assert changed(tmp_path, Beats=MATH, Other=PLAIN) == {"Beats": PLAIN, "Other": PLAIN}
