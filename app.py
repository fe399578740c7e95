"""The CDK app, which `cdk synth` and `cdk deploy` run. Synthesizing needs no credentials."""

import sys
from pathlib import Path

from infra.deploy_settings import InvalidDeploySettings
from infra.lambda_package import PackageNotBuilt
from infra.stacks import add_stacks

# the package `infra` chooses the Node that this import starts, so this one comes last
import aws_cdk as cdk  # isort: skip

app = cdk.App()
try:
    add_stacks(app, Path(__file__).resolve().parent)
except (InvalidDeploySettings, PackageNotBuilt) as error:
    sys.exit(str(error))
app.synth()
