"""What goes into the Lambda zip."""

import gzip
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

from infra.lambda_package import LambdaPackage, PackageNotBuilt
from infra.names import PROJECT
from infra.payer_parameters import WITNESSES
from infra.steps import STEPS
from lambdas.parsers.parser_processes import ParserProcesses

MIB = 1024 * 1024
LARGEST_UNZIPPED, LARGEST_ZIPPED = 20 * MIB, 5 * MIB
"""Lambda takes 250 MiB; what is small starts fast."""

ALONE = [sys.executable, "-I", "-S", "-B", "-c"]
"""Python with neither site-packages nor the project's folder."""


@pytest.fixture(scope="session")
def zip_content(assembly: Path) -> Path:
    """The folder that the CDK CLI zips."""
    assets = json.loads((assembly / "InvoiceArchive.assets.json").read_text())["files"].values()
    [folder] = [
        assembly / asset["source"]["path"]
        for asset in assets
        if asset["source"]["packaging"] == "zip"
    ]
    return folder


def test_the_zip_is_the_lambdas_package_its_requirements_and_the_register(
    zip_content: Path, context: dict[str, Any]
) -> None:
    own = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "lambdas").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != "requirements.txt"
    }
    packed = {
        path.relative_to(zip_content).as_posix()
        for path in (zip_content / "lambdas").rglob("*")
        if path.is_file()
    }
    assert packed == own
    register = PROJECT / context["invoice_archive"]["payers_file"]
    assert (zip_content / "payers.csv").read_bytes() == register.read_bytes()
    assert (zip_content / "boto3").is_dir()


def test_the_zip_has_no_compiled_or_needless_file(zip_content: Path) -> None:
    files = [path for path in zip_content.rglob("*") if path.is_file()]
    compiled = (".so", ".pyd", ".dylib", ".dll", ".pyc", ".node")
    assert [path for path in files if path.suffix in compiled] == []
    assert list(zip_content.rglob("__pycache__")) == []
    assert list(zip_content.rglob("tests")) == []
    for name in ("bin", "infra", "sandbox", "docker", "aws_cdk", "pytest", "boto3/data"):
        assert not (zip_content / name).exists()
    for wheel in zip_content.glob("*.dist-info/WHEEL"):
        assert "Root-Is-Purelib: true" in wheel.read_text(), wheel


def test_the_zip_has_the_models_of_the_services_that_are_called_and_no_other(
    zip_content: Path, context: dict[str, Any]
) -> None:
    called = LambdaPackage(PROJECT, PROJECT / context["invoice_archive"]["payers_file"]).services()
    assert called >= {"invoicing", "kms", "s3", "sts"}
    models = {path.name for path in (zip_content / "botocore" / "data").iterdir() if path.is_dir()}
    assert models == called


def test_the_zip_is_small(zip_content: Path, tmp_path: Path) -> None:
    files = [path for path in zip_content.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST_UNZIPPED
    packed = shutil.make_archive(str(tmp_path / "functions"), "zip", zip_content)
    assert Path(packed).stat().st_size < LARGEST_ZIPPED


def test_every_module_can_be_imported_from_the_zip_alone(zip_content: Path) -> None:
    modules = [
        ".".join(path.relative_to(zip_content).with_suffix("").parts)
        for path in (zip_content / "lambdas").rglob("*.py")
        if path.name != "__init__.py"
    ]
    handlers = [step.handler for step in STEPS] + ["lambdas.public_key_resource.handler"]
    assert {name.rpartition(".")[0] for name in handlers} <= set(modules)
    program = (
        f"import sys; sys.path.insert(0, {str(zip_content)!r})\n"
        "import importlib\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        f"for name in {handlers!r}:\n"
        "    module, _, function = name.rpartition('.')\n"
        "    assert callable(getattr(sys.modules[module], function))\n"
        "own = ('lambdas', 'boto3', 'requests', 'pypdf', 'aws_lambda_powertools')\n"
        "print(*(sys.modules[name].__file__ for name in own), sep='\\n')"
    )
    done = subprocess.run([*ALONE, program], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(zip_content)) for line in done.stdout.splitlines())


def test_the_parser_that_runs_from_the_zip_alone_opens_rc4_and_not_aes(zip_content: Path) -> None:
    parsers = ParserProcesses(1, (str(zip_content),))
    for algorithm, is_shut in (("RC4-128", False), ("AES-128", True), ("AES-256", True)):
        writer, content = PdfWriter(), io.BytesIO()
        writer.add_blank_page(9, 9)
        writer.encrypt("", "owner", algorithm=algorithm)
        writer.write(content)
        structure = parsers.ask("pdf_structure", content, len(content.getvalue()))
        assert structure["is_encrypted"] == is_shut
    parsers.end()


def test_a_client_of_every_service_can_be_made_from_the_zip_alone(
    zip_content: Path, small_project: LambdaPackage
) -> None:
    called = LambdaPackage(PROJECT, small_project.register).services()
    program = (
        f"import sys; sys.path.insert(0, {str(zip_content)!r})\n"
        "import boto3\n"
        "session = boto3.Session('key', 'secret', region_name='eu-central-1')\n"
        f"for name in {sorted(called)!r}:\n"
        "    client = session.client(name)\n"
        "    assert client.meta.service_model.operation_names\n"
        "    print(client.meta.endpoint_url)\n"
        "s3 = session.client('s3')\n"
        "assert s3.generate_presigned_url('get_object', Params={'Bucket': 'b', 'Key': 'k'})\n"
        "assert s3.can_paginate('list_objects_v2')\n"
    )
    done = subprocess.run([*ALONE, program], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(called)


def test_the_zip_knows_aws_payments_and_calls_only_what_the_reader_role_allows(
    zip_content: Path,
) -> None:
    """An older botocore knows no `payments` at all."""
    program = (
        f"import sys; sys.path.insert(0, {str(zip_content)!r})\n"
        "import json, boto3\n"
        "from lambdas.aws.clients import RoleCredentials, payments_client\n"
        "client = payments_client(RoleCredentials('key', 'secret', 'token'))\n"
        "sent = []\n"
        "def send(request, **_):\n"
        "    sent.append(request.url)\n"
        "    raise ConnectionError\n"
        "client.meta.events.register('before-send.payments', send)\n"
        "try:\n"
        "    client.list_financial_records(types=['INVOICE'])\n"
        "except ConnectionError:\n"
        "    print(json.dumps([sent, client.meta.method_to_api_mapping]))\n"
    )
    done = subprocess.run([*ALONE, program], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    sent, operations = json.loads(done.stdout)
    assert sent == ["https://payments.us-east-1.api.aws/"]
    code = (zip_content / "lambdas" / "aws" / "payments.py").read_text()
    called = {operation for method, operation in operations.items() if f".{method}" in code}
    assert called == {"ListFinancialRecords", "BatchGetFinancialRecord"}
    _, _, allowed = WITNESSES["WithPayments"]
    assert {*allowed} == {f"payments:{one}" for one in (*called, "GetPaymentStatus")}


def test_the_model_of_the_invoicing_api_is_the_one_that_knows_document_ids(
    zip_content: Path,
) -> None:
    """The botocore in Lambda's own runtime lags behind and drops members that it does not know."""
    [model] = (zip_content / "botocore" / "data" / "invoicing").glob("*/service-2.json*")
    content = gzip.decompress(model.read_bytes()) if model.suffix == ".gz" else model.read_bytes()
    shapes = json.loads(content)["shapes"]
    assert {"DocumentId", "DocumentType"} <= set(shapes["SupplementalDocument"]["members"])


@pytest.fixture
def small_project(tmp_path: Path) -> LambdaPackage:
    lambdas = tmp_path / "lambdas"
    lambdas.mkdir()
    (lambdas / "__init__.py").write_text("")
    (lambdas / "requirements.txt").write_text("# none\n")
    (tmp_path / "payers.csv").write_text("account_id,name\n111122223333,A\n")
    return LambdaPackage(tmp_path, tmp_path / "payers.csv")


def change_code(project: Path) -> None:
    (project / "lambdas" / "__init__.py").write_text("x = 1\n")


def change_requirements(project: Path) -> None:
    (project / "lambdas" / "requirements.txt").write_text("# still none\n")


def change_register(project: Path) -> None:
    (project / "payers.csv").write_text("account_id,name\n111122223333,B\n")


def add_a_file(project: Path) -> None:
    (project / "lambdas" / "new.py").write_text("")


@pytest.mark.parametrize("change", [change_code, change_requirements, change_register, add_a_file])
def test_the_zip_changes_with_each_of_its_sources(
    change: Callable[[Path], None], small_project: LambdaPackage
) -> None:
    before = small_project.sources_sha256()
    change(small_project.project)
    assert small_project.sources_sha256() != before


def test_the_zip_does_not_change_with_its_place_or_with_compiled_files(
    small_project: LambdaPackage, tmp_path: Path
) -> None:
    before = small_project.sources_sha256()
    cache = small_project.project / "lambdas" / "__pycache__"
    cache.mkdir()
    (cache / "x.cpython-311.pyc").write_bytes(b"x")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(small_project.project / "lambdas", elsewhere / "lambdas")
    shutil.copyfile(small_project.register, elsewhere / "other.csv")

    assert small_project.sources_sha256() == before
    assert LambdaPackage(elsewhere, elsewhere / "other.csv").sources_sha256() == before


def test_installed_requirements_are_used_again(small_project: LambdaPackage) -> None:
    kept = small_project.dependencies()
    (kept / "mark").write_text("")
    assert small_project.dependencies() == kept
    assert (kept / "mark").exists()


def test_a_requirement_without_a_pure_python_wheel_is_refused_with_what_pip_says(
    small_project: LambdaPackage,
) -> None:
    requirements = small_project.project / "lambdas" / "requirements.txt"
    requirements.write_text("./no-such-wheel.whl\n")

    with pytest.raises(PackageNotBuilt) as refused:
        small_project.dependencies()

    assert str(requirements) in str(refused.value)
    assert "no-such-wheel" in str(refused.value)
    kept = small_project.project / "build" / "lambda-dependencies"
    assert list(kept.iterdir()) == []
