"""The state machine's definition as a deployment would send it to AWS, for a look before."""

import tempfile
from collections.abc import Mapping
from typing import Any

from infra.deploy_settings import DeploySettings
from infra.invoice_archive_stack import InvoiceArchiveStack
from infra.names import ARCHIVE_STACK, PROJECT
from infra.stacks import app_for_templates


def synthesized_definition(
    settings: DeploySettings, *, partition: str, account_id: str, region: str
) -> str:
    """The definition for this account and region. Deployed resources have their logical ids as
    names: AWS judges the form of an ARN, not whether it is there.
    """
    with tempfile.TemporaryDirectory() as outdir:
        app = app_for_templates(outdir)
        InvoiceArchiveStack(app, settings=settings, project=PROJECT)
        template = app.synth().get_stack_by_name(ARCHIVE_STACK).template
    return filled_in(
        template,
        bucket=settings.archive_bucket_name,
        partition=partition,
        account_id=account_id,
        region=region,
    )


def filled_in(
    template: Mapping[str, Any], *, bucket: str, partition: str, account_id: str, region: str
) -> str:
    """The template's definition with a value for each part that CloudFormation fills in."""
    pseudo = {
        "AWS::Partition": partition,
        "AWS::AccountId": account_id,
        "AWS::Region": region,
    }

    def value(token: Mapping[str, Any]) -> str:
        if "Fn::GetAtt" in token:
            logical_id, attribute = token["Fn::GetAtt"]
            if (template["Resources"][logical_id]["Type"], attribute) != _FUNCTION_ARN:
                raise ValueError(f"the definition refers to {attribute} of {logical_id}")
            return f"arn:{partition}:lambda:{region}:{account_id}:function:{logical_id}"
        name = token["Ref"]
        if name in pseudo:
            return pseudo[name]
        if template["Resources"][name]["Type"] != "AWS::S3::Bucket":
            raise ValueError(f"the definition refers to {name}")
        return bucket

    (machine,) = (
        one
        for one in template["Resources"].values()
        if one["Type"] == "AWS::StepFunctions::StateMachine"
    )
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else value(part) for part in parts)


_FUNCTION_ARN = ("AWS::Lambda::Function", "Arn")
