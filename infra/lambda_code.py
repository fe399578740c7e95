"""The Lambda zip as an asset of CDK."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra.lambda_package import LambdaPackage

RUNTIME = lambda_.Runtime.PYTHON_3_14


def lambda_code(package: LambdaPackage) -> lambda_.Code:
    """The functions' code, made anew only if its sources changed. Raises PackageNotBuilt."""
    # before CDK bundles, because an error inside a bundler reaches people as a traceback
    dependencies = package.dependencies()
    return lambda_.Code.from_asset(
        str(package.project / "lambdas"),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        asset_hash=package.sources_sha256(),
        bundling=cdk.BundlingOptions(
            image=RUNTIME.bundling_image,  # CDK demands one; local bundling never declines
            local=_LocalBundling(package, dependencies),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class _LocalBundling:
    """Lets CDK fill its asset folder here instead of in a container."""

    def __init__(self, package: LambdaPackage, dependencies: Path) -> None:
        self._package = package
        self._dependencies = dependencies

    def try_bundle(self, output_dir: str, *_args: Any, **_options: Any) -> bool:
        self._package.fill(Path(output_dir), self._dependencies)
        return True
