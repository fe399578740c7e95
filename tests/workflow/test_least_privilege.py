"""Each action that a function's role has is needed: without it, a run goes wrong.

What the roles may do is read from the deployed policies, and taken away on the running AWS, one
action on one resource at a time. Then everything that a run can have to do is done in an empty
archive, and must not end as it does with all actions.
"""

import hashlib
import itertools
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.names import ARCHIVE_STACK
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    fetch_pass_key,
    invoice_document_stem,
    run_result_key,
)
from lambdas.domain.json_text import to_json
from lambdas.domain.runs.fetch_pass import FetchPass
from lambdas.steps.archiving.origin import Origin
from sandbox.execution import Execution
from sandbox.invoicing.catalogue import CatalogueInvoice
from sandbox.invoicing.server import InvoicingEmulator
from sandbox.started import Sandbox
from tests.domain.examples import invoice_document, record
from tests.handlers.conftest import LONG_AGO, Catalogue, invoice, pdf, supplement
from tests.workflow.conftest import EmbeddedAws

pytestmark = pytest.mark.slow

PAYER, OTHER = "111122223333", "044455556666"
PERIOD = BillingPeriod(2026, 3)
AT_FIRST, AGAIN = "2026-04-12T06:00:00Z", "2026-04-13T06:00:00Z"
"""After the deadline; on a Monday settled payer accounts are asked too."""
FIRST_RUN = "scheduled-20260412T060000Z"


@dataclass(frozen=True)
class NotAskedFor:
    """An action that the embedded AWS does not ask for, though AWS does: of every function, or of
    one step's alone.
    """

    action: str
    reason: str
    step: str = ""


NOT_ASKED_FOR = (
    NotAskedFor("kms:Decrypt", "S3 and SNS ask for it on AWS alone"),
    NotAskedFor("kms:GenerateDataKey", "S3 and SNS ask for it on AWS alone"),
    NotAskedFor(
        "kms:GetPublicKey",
        "it is asked for while the stack is deployed, by no run",
        "public_key_resource",
    ),
    NotAskedFor("logs:CreateLogStream", "ministack writes the log itself"),
    NotAskedFor("logs:PutLogEvents", "ministack writes the log itself"),
    NotAskedFor("s3:PutObjectRetention", "a PUT with lock headers asks for it on AWS alone"),
    NotAskedFor("s3:PutObjectTagging", "a PUT with tags asks for it on AWS alone"),
)


@dataclass(frozen=True)
class Permission:
    """One action on one resource, as an inline policy of a function's role allows it."""

    step: str
    role: str
    policy: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.step}: {self.action} on {self.resource}"

    def is_in(self, entry: NotAskedFor) -> bool:
        return entry.action == self.action and entry.step in ("", self.step)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowed(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every action on every resource that the policy allows."""
    for statement in listed(document["Statement"]):
        assert statement["Effect"] == "Allow"
        yield from itertools.product(listed(statement["Action"]), listed(statement["Resource"]))


def without(document: Mapping[str, Any], permissions: list[Permission]) -> dict[str, Any]:
    """The policy with these actions on these resources taken out, and nothing else."""
    statements = listed(document["Statement"])
    for permission in permissions:
        statements = [left for one in statements for left in _taken_out(one, permission)]
    return {**document, "Statement": statements}


def _taken_out(statement: dict[str, Any], permission: Permission) -> Iterator[dict[str, Any]]:
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    if permission.action not in actions or permission.resource not in resources:
        yield statement
        return
    other_actions = [action for action in actions if action != permission.action]
    if other_actions:
        yield {**statement, "Action": other_actions}
    other_resources = [resource for resource in resources if resource != permission.resource]
    if other_resources:
        yield {**statement, "Action": [permission.action], "Resource": other_resources}


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what its target period says of each payer account afterwards."""

    status: str
    verdict: str | None
    already_claimed: bool
    payers: tuple[tuple[str, str, str], ...]
    """Account, verdict, codes of the findings."""
    told: bool
    """Whether people and programs were told of the run."""


class World:
    """A deployed archive with one payer account, and AWS as this test wants it."""

    def __init__(self, aws: EmbeddedAws, emulator: InvoicingEmulator, catalogue: Catalogue) -> None:
        self.aws = aws
        self.sandbox = aws.sandbox
        self.iam = aws.sandbox.client("iam")
        self._dynamodb = aws.sandbox.client("dynamodb")
        (self._heads,) = self._dynamodb.list_tables()["TableNames"]
        self._emulator = emulator
        self._catalogue = catalogue

    def permissions(self) -> list[Permission]:
        """What the roles of the steps' functions may do, as deployed."""
        lambda_ = self.sandbox.client("lambda")
        found = []
        pages = self.sandbox.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=ARCHIVE_STACK):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == "AWS::Lambda::Function":
                    function = lambda_.get_function_configuration(
                        FunctionName=resource["PhysicalResourceId"]
                    )
                    found += self._permissions_of(function)
        return found

    def _permissions_of(self, function: Mapping[str, Any]) -> list[Permission]:
        step, role = function["Handler"].split(".")[-2], function["Role"].rpartition("/")[2]
        assert not self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [
            Permission(step, role, policy, action, resource)
            for policy in self.iam.list_role_policies(RoleName=role)["PolicyNames"]
            for action, resource in allowed(self.document(role, policy))
        ]

    def document(self, role: str, policy: str) -> dict[str, Any]:
        found = self.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        document: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
        return document

    @contextmanager
    def taken_away(self, *permissions: Permission) -> Iterator[None]:
        policies = {(one.role, one.policy) for one in permissions}
        whole = {place: self.document(*place) for place in policies}
        for place, document in whole.items():
            mine = [one for one in permissions if (one.role, one.policy) == place]
            self._put(place, without(document, mine))
        try:
            yield
        finally:
            for place, document in whole.items():
                self._put(place, document)

    def _put(self, place: tuple[str, str], document: dict[str, Any]) -> None:
        role, policy = place
        if document["Statement"]:
            text = json.dumps(document)
            self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=text)
        else:
            self.iam.delete_role_policy(RoleName=role, PolicyName=policy)

    def everything(self) -> Iterator[Outcome]:
        """Everything that a run can have to do, run after run, beginning with an empty archive."""
        self._empty()
        left, new = issued("LEFT"), issued("NEW", supplements=(supplement("TAX", b"<NFe/>"),))
        self._leave_what_a_crash_leaves(left)
        self._catalogue.payers[PAYER] = [left, new]
        yield self._run(AT_FIRST)
        # The row has changed and the document has other bytes with the same text, which only a
        # comparison tells; and the last run died before it moved the head of the manifests.
        again = datetime(2026, 4, 12, tzinfo=UTC)
        changed = issued(
            "NEW", rendered_at=again, supplements=new.supplements, TaxAuthorityStatus="ISSUED"
        )
        self._catalogue.payers[PAYER] = [left, changed]
        self._forget_head()
        yield self._run(AGAIN)
        yield self._run(AGAIN)  # delivered twice

    def _empty(self) -> None:
        for key, version_id in self.aws.versions():
            self.aws.s3.delete_object(
                Bucket=self.aws.bucket,
                Key=key,
                VersionId=version_id,
                BypassGovernanceRetention=True,
            )
        for item in self._dynamodb.scan(TableName=self._heads)["Items"]:
            self._dynamodb.delete_item(
                TableName=self._heads, Key={"billing_period": item["billing_period"]}
            )

    def _forget_head(self) -> None:
        self._dynamodb.update_item(
            TableName=self._heads,
            Key={"billing_period": {"S": str(PERIOD)}},
            UpdateExpression="REMOVE #sequence",
            ExpressionAttributeNames={"#sequence": "sequence"},
        )

    def _leave_what_a_crash_leaves(self, left: CatalogueInvoice) -> None:
        """A document without a record, a record that no manifest knows, and an unfinished pass."""
        stem = invoice_document_stem(PERIOD, PAYER, "INVOICE", left.invoice_id)
        origin = Origin("manual-20260411T060000Z-crashed", "2026-04-11T06:00:01Z", ())
        self._put_object(f"{stem}.pdf", left.document.read(), origin.metadata())
        document = invoice_document(payer=OTHER, period=PERIOD)
        version_id = self._put_object(document.stored.key, b"content")
        stored = replace(document.stored, version_id=version_id)
        unknown = record(payer=OTHER, period=PERIOD, documents=(replace(document, stored=stored),))
        self._put_object(unknown.key, unknown.to_bytes())
        unfinished = to_json(FetchPass(None, "").to_data())
        self._put_object(fetch_pass_key(FIRST_RUN, PAYER, 1), unfinished)

    def _put_object(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None
    ) -> str:
        answer = self.aws.s3.put_object(
            Bucket=self.aws.bucket,
            Key=key,
            Body=content,
            ChecksumSHA256=b64encode(hashlib.sha256(content).digest()).decode(),
            Metadata=metadata or {},
        )
        return str(answer["VersionId"])

    def _run(self, at: str) -> Outcome:
        self._emulator.now = datetime.fromisoformat(at)
        execution = Execution(self.sandbox.aws, self.sandbox.deployed, at, {})
        while (ending := execution.ending()) is None:
            time.sleep(0.03)
        return Outcome(
            ending.status,
            ending.verdict,
            ending.already_claimed,
            self._said_of_payers(),
            self._was_told(execution),
        )

    def _was_told(self, execution: Execution) -> bool:
        try:
            result = self.aws.content(run_result_key(execution.run_id or ""))
        except self.aws.s3.exceptions.NoSuchKey:
            return False
        return bool(json.loads(result)["told"])

    def _said_of_payers(self) -> tuple[tuple[str, str, str], ...]:
        try:
            view = json.loads(self.aws.content(completeness_key(PERIOD)))
        except self.aws.s3.exceptions.NoSuchKey:
            return ()
        return tuple(
            (
                payer["payer_account_id"],
                payer["verdict"],
                ", ".join(sorted(found["code"] for found in payer["findings"])),
            )
            for payer in view["payers"]
        )


def issued(
    invoice_id: str, *, rendered_at: datetime = LONG_AGO, **members: Any
) -> CatalogueInvoice:
    lines = (f"Invoice Number: {invoice_id}", f"Account number: {PAYER}")
    paper = pdf(*lines, rendered_at=rendered_at)
    return invoice(invoice_id, PAYER, period=str(PERIOD), document=paper, **members)


@pytest.fixture(scope="module")
def world(start_embedded_aws: Callable[..., Sandbox]) -> Iterator[World]:
    # a run judges two earlier periods too, unless nobody was active in them
    register = f"account_id,name,active_from\n{PAYER},Acme,{PERIOD}\n"
    catalogue = Catalogue()
    with start_embedded_aws(register) as sandbox:
        aws = EmbeddedAws(sandbox)
        with aws.invoicing_of(catalogue) as emulator:
            yield World(aws, emulator, catalogue)


@pytest.fixture(scope="module")
def usual(world: World) -> list[Outcome]:
    """How the runs end when nothing is taken away."""
    return list(world.everything())


def goes_wrong(world: World, usual: list[Outcome], *taken: Permission) -> bool:
    """Whether any run ends in another way than usual; what would come after it is left out."""
    with world.taken_away(*taken):
        outcomes = world.everything()
        return any(outcome != wanted for outcome, wanted in zip(outcomes, usual, strict=True))


def test_with_all_its_actions_the_archive_does_everything(usual: list[Outcome]) -> None:
    first = ((OTHER, "COMPLETE", ""), (PAYER, "COMPLETE", ""))
    then = ((OTHER, "COMPLETE", ""), (PAYER, "COMPLETE", "INVOICE_CHANGED"))
    assert usual == [
        Outcome("SUCCEEDED", "COMPLETE", False, first, told=True),
        Outcome("SUCCEEDED", "COMPLETE", False, then, told=True),
        Outcome("SUCCEEDED", None, True, then, told=True),
    ]


def test_one_action_on_one_resource_is_taken_away_at_a_time(world: World) -> None:
    for one in world.permissions():
        document = world.document(one.role, one.policy)
        left = sorted(allowed(without(document, [one])))
        assert left == sorted(set(allowed(document)) - {(one.action, one.resource)})


def test_without_any_one_action_a_run_goes_wrong(world: World, usual: list[Outcome]) -> None:
    needless = [
        one
        for one in world.permissions()
        if not any(map(one.is_in, NOT_ASKED_FOR)) and not goes_wrong(world, usual, one)
    ]
    if needless:
        names = "\n".join(map(str, needless))
        pytest.fail(f"every run goes on without these: remove them or say why here:\n{names}")
    # not because the world was broken by then
    assert not goes_wrong(world, usual)


def test_what_is_said_not_to_be_asked_for_is_allowed_and_is_not_asked_for(
    world: World, usual: list[Outcome]
) -> None:
    permissions = world.permissions()
    unknown = [entry for entry in NOT_ASKED_FOR if not any(one.is_in(entry) for one in permissions)]
    assert unknown == []
    excepted = [one for one in permissions if any(map(one.is_in, NOT_ASKED_FOR))]
    if goes_wrong(world, usual, *excepted):
        asked_for = [str(one) for one in excepted if goes_wrong(world, usual, one)]
        names = "\n".join(asked_for)
        pytest.fail(f"a run goes wrong without these: take them out of NOT_ASKED_FOR:\n{names}")
