"""The stacks of the app: the archive's, and the one that every payer account deploys."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.deploy_settings import CONTEXT_KEY, DeploySettings
from infra.environment import refuse_too_large
from infra.invoice_archive_stack import InvoiceArchiveStack
from infra.names import PROJECT
from infra.payer_reader import PayerReaderStack


def add_stacks(app: cdk.App, project: Path) -> None:
    """Add the stacks for the settings in the app's context.

    Raises InvalidDeploySettings and PackageNotBuilt.
    """
    settings = DeploySettings.from_context(app.node.try_get_context(CONTEXT_KEY), project)
    refuse_too_large(settings)
    InvoiceArchiveStack(app, settings=settings, project=project)
    PayerReaderStack(app, settings=settings)


def app_for_templates(outdir: str) -> cdk.App:
    """An app with the context of cdk.json that leaves out the functions' code and CDK's validation,
    which takes ten seconds and each deployment does.
    """
    context = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return cdk.App(
        outdir=outdir,
        context={**context, "aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=False,
    )


def synthesized_templates() -> Mapping[str, dict[str, Any]]:
    """The template of each stack for the settings in cdk.json, of an `app_for_templates`."""
    with tempfile.TemporaryDirectory() as outdir:
        app = app_for_templates(outdir)
        add_stacks(app, PROJECT)
        return {stack.stack_name: stack.template for stack in app.synth().stacks}
