"""When the app is deployed again, and with what environment."""

import json
import os
from pathlib import Path

import pytest

from sandbox import deployment
from sandbox.places import Places
from sandbox.program import aws_environment, installer_variables

SOURCES = (
    "app.py",
    "cdk.json",
    "constraints.txt",
    "infra/workflow.py",
    "lambdas/handlers/step.py",
    "lambdas/requirements.txt",
    "package.json",
    "payer-reader-role.yaml",
    "requirements.txt",
    "sandbox/requirements.txt",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in SOURCES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    return tmp_path


def fingerprint(project: Path) -> str:
    return deployment.fingerprint(project, {"archive_bucket_name": "a"}, b"register", "https://a")


@pytest.mark.parametrize("name", SOURCES)
def test_a_change_of_anything_that_is_deployed_changes_the_fingerprint(
    project: Path, name: str
) -> None:
    before = fingerprint(project)
    (project / name).write_text("something else")
    assert fingerprint(project) != before


def test_settings_register_and_endpoint_are_in_the_fingerprint(project: Path) -> None:
    a, b = {"archive_bucket_name": "a"}, {"archive_bucket_name": "b"}
    prints = {
        fingerprint(project),
        deployment.fingerprint(project, b, b"register", "https://a"),
        deployment.fingerprint(project, a, b"other register", "https://a"),
        deployment.fingerprint(project, a, b"register", "http://a"),
    }
    assert len(prints) == 4


def test_a_moved_file_changes_the_fingerprint(project: Path) -> None:
    before = fingerprint(project)
    (project / "infra/workflow.py").rename(project / "infra/flow.py")
    assert fingerprint(project) != before


def test_bytecode_and_what_is_not_deployed_do_not(project: Path) -> None:
    before = fingerprint(project)
    cache = project / "lambdas" / "__pycache__"
    cache.mkdir()
    (cache / "step.pyc").write_bytes(b"x")
    (project / "README.md").write_text("x")
    assert fingerprint(project) == before


def test_a_recorded_deployment_is_known_again(project: Path) -> None:
    places = Places.under(project / "build", project)
    places.state.mkdir(parents=True)
    assert not deployment.was_completed(places)
    deployment.record(places, "abc")
    assert deployment.was_completed(places)
    assert deployment.is_recorded(places, "abc")
    assert not deployment.is_recorded(places, "def")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}", b'{"fingerprint": 5}'])
def test_a_damaged_record_is_no_deployment(project: Path, content: bytes) -> None:
    places = Places.under(project / "build", project)
    places.sandbox.mkdir(parents=True)
    places.deployed.write_bytes(content)
    assert not deployment.was_completed(places)
    assert not deployment.is_recorded(places, "abc")


@pytest.mark.parametrize("content", [b"", b'{"half', b"\xff\xfe"])
def test_a_state_that_cannot_be_read_is_no_deployment(project: Path, content: bytes) -> None:
    places = Places.under(project / "build", project)
    places.state.mkdir(parents=True)
    (places.state / "s3.json").write_text(json.dumps({"good": True}))
    deployment.record(places, "abc")
    assert deployment.was_completed(places)
    (places.state / "lambda.json").write_bytes(content)
    assert not deployment.was_completed(places)


def test_nothing_of_the_persons_aws_reaches_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_S3",
        "AWS_CA_BUNDLE",
        "HTTPS_PROXY",
        "HOME",
    ):
        monkeypatch.setenv(name, "the person's")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    endpoint = "https://127.0.0.1:21000"
    places = Places.under(Path("/build"), Path("/project"))
    environment = aws_environment(places, endpoint)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & environment.keys()
    assert not any("proxy" in name.lower() and name != "NO_PROXY" for name in environment)
    assert "the person's" not in environment.values()
    assert environment["AWS_ACCESS_KEY_ID"].isdecimal()
    assert environment["AWS_ENDPOINT_URL"] == endpoint
    assert environment["AWS_CA_BUNDLE"] == str(places.certificate)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert environment[name] == os.devnull


def test_an_installer_gets_its_index_and_proxy_but_no_credentials() -> None:
    own = {
        "PIP_INDEX_URL": "index",
        "https_proxy": "proxy",
        "HOME": "/home/person",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_PROFILE": "production",
        "GITHUB_TOKEN": "secret",
    }
    assert installer_variables(own) == {
        "PIP_INDEX_URL": "index",
        "https_proxy": "proxy",
        "HOME": "/home/person",
    }
