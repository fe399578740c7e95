"""The app, synthesized once for each settings.

CDK is imported where it is used: it starts a Node process, which most workers do without.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from infra.deploy_settings import CONTEXT_KEY
from infra.names import PROJECT
from sandbox.deployment import fingerprint
from tests.kept import kept
from tests.sizes import THOROUGH

WITHOUT_CODE = {"aws:cdk:bundling-stacks": []}
VALIDATED = f"validated={THOROUGH}"
"""CDK validates what `checked_by_cdk_nag` synthesizes, and everything in the slow tests."""
REFUSED = "refused.txt"
"""The message of a synthesis that was refused, beside its report."""

Context = Mapping[str, Any]


def whole_assembly(context: Context) -> Path:
    """Everything that a deployment would take, with paths as the CLI asks for them."""
    return _kept(VALIDATED, {**context, "aws:cdk:enable-path-metadata": True}, _synthesize)


def templates(context: Context) -> Path:
    """The templates alone."""
    return _kept(VALIDATED, {**context, **WITHOUT_CODE}, _synthesize)


def generated_from(context: Context) -> Path:
    """What `infra.generated` makes its files from, in one JSON file."""
    return _kept("generated", context, _write_templates) / "templates.json"


def checked_by_cdk_nag(context: Context, *, with_acknowledgements: bool = True) -> Path:
    """The assembly with cdk-nag's report, and with REFUSED if it was refused."""
    synthesize = _check if with_acknowledgements else _check_without_acknowledgements
    return _kept(synthesize.__name__, {**context, **WITHOUT_CODE}, synthesize)


def _kept(kind: str, context: Context, synthesize: Callable[[Context, Path], None]) -> Path:
    return kept("synthesis", _key(kind, context), lambda folder: synthesize(context, folder))


def _key(kind: str, context: Context) -> str:
    """Hash of everything that a synthesis is made from; the register counts by its content."""
    settings = dict(context[CONTEXT_KEY])
    register = (PROJECT / settings.pop("payers_file")).read_bytes()
    made_from = {
        "kind": kind,
        "context": {**context, CONTEXT_KEY: settings},
        "synthesis": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
    }
    return fingerprint(PROJECT, made_from, register, endpoint="")


def _synthesize(context: Context, outdir: Path) -> None:
    import aws_cdk as cdk  # noqa: PLC0415

    from infra.stacks import add_stacks  # noqa: PLC0415

    app = cdk.App(
        outdir=str(outdir), context=dict(context), builtin_cloud_formation_validation=THOROUGH
    )
    add_stacks(app, PROJECT)
    app.synth()


def _write_templates(_context: Context, outdir: Path) -> None:
    from infra.stacks import synthesized_templates  # noqa: PLC0415

    (outdir / "templates.json").write_text(json.dumps(synthesized_templates()))


def _check(context: Context, outdir: Path) -> None:
    import aws_cdk as cdk  # noqa: PLC0415
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415

    from infra.stacks import add_stacks  # noqa: PLC0415

    app = cdk.App(outdir=str(outdir), context=dict(context))
    add_stacks(app, PROJECT)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise  # a synthesis that broke is not to be kept as one that was refused
        (outdir / REFUSED).write_text(str(error))


def _check_without_acknowledgements(context: Context, outdir: Path) -> None:
    import aws_cdk as cdk  # noqa: PLC0415

    with patch.object(cdk.Validations, "acknowledge", lambda *_: None):
        _check(context, outdir)
