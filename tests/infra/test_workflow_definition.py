"""The definition that AWS is asked about before a deployment."""

import json
from typing import Any


def test_the_definition_has_a_value_for_all_that_a_deployment_fills_in(
    template: dict[str, Any], machine: dict[str, Any]
) -> None:
    from infra.workflow_definition import filled_in  # noqa: PLC0415 - starts a Node

    text = filled_in(
        template,
        bucket="example-archive",
        partition="aws",
        account_id="111122223333",
        region="eu-central-1",
    )
    assert "${" not in text
    filled = json.loads(text)
    assert filled["States"].keys() == machine["States"].keys()
    each = filled["States"]["ForEachPayerAccount"]
    assert each["ItemReader"]["Resource"] == "arn:aws:states:::s3:getObject"
    assert each["ItemReader"]["Parameters"]["Bucket"] == "example-archive"
    named = filled["States"]["ValidateCompleteness"]["Arguments"]["FunctionName"]
    assert named.startswith("arn:aws:lambda:eu-central-1:111122223333:function:Functions")
