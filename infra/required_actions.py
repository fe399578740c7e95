"""Actions that each role of the stack needs, with resource and reason. Nothing else is granted.

The policies of the functions are made from this table. Tests compare it with the policies that CDK
derives from the workflow and the schedule, and with the resources' own policies for services.
docs/iam.md shows it. `BUCKET/…` means objects of the archive; a `*` in their keys stands for a run,
a billing period or an account.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.steps import (
    ENUMERATE_PAYER_ACCOUNTS,
    FETCH_INVOICE_DOCUMENTS,
    LIST_INVOICE_SUMMARIES,
    STEPS,
    VALIDATE_COMPLETENESS,
)
from lambdas.domain.evidence.archive_layout import (
    DOCUMENTS_PREFIX,
    PERIOD_VIEWS,
    RECORDS_PREFIX,
    ROOT_VIEWS,
    charges_prefix,
    completeness_key,
    fetch_passes_prefix,
    listing_key,
    manifests_prefix,
    payment_status_key,
    run_claim_key,
    run_payers_key,
    run_request_key,
    run_result_key,
)


@dataclass(frozen=True)
class Required:
    """One action on one resource, which is named by one of the words below."""

    action: str
    on: str
    why: str


BUCKET = "bucket"
ARCHIVE_KEY = "archive key"
"""Granted only through S3 and for the archive bucket."""
SIGNING_KEY = "signing key"
HEADS = "latest-manifest table"
TOPIC = "topic"
CHAT_TOPIC = "chat topic"
"""It exists with `chat_notifications` alone, and so do the grants on it."""
TOPIC_KEY = "topic's key"
EVENT_BUS = "default event bus"
PAYER_ROLES = "payers' reader roles"
OWN_LOG = "own log group"
STATE_MACHINE = "state machine"
EXECUTIONS = "its executions"
MAP_RUN = "its map's children"
DEAD_LETTERS = "dead-letter queue"
EVERYTHING = "*"

PUBLIC_KEY = "PublicKey"
"""The function that reads the public half of the signing key while the stack is deployed."""
WORKFLOW = "Workflow"
SCHEDULE = "Schedule"
ALARMS = "Alarms"
"""CloudWatch itself: it has no role; the policies of the topic and of its key allow it."""

EVIDENCE = (f"{DOCUMENTS_PREFIX}*", f"{RECORDS_PREFIX}*", f"{manifests_prefix('*')}*")
"""Object patterns of everything that is locked and written once."""

_DOCUMENTS, _RECORDS, _MANIFESTS = (f"{BUCKET}/{pattern}" for pattern in EVIDENCE)
_VIEWS = (
    *(f"{BUCKET}/{key_of('*')}" for key_of in PERIOD_VIEWS),
    *(f"{BUCKET}/{key}" for key in ROOT_VIEWS),
)
_COMPLETENESS = f"{BUCKET}/{completeness_key('*')}"
_PAYMENT_STATUS = f"{BUCKET}/{payment_status_key('*')}"
_CLAIM = f"{BUCKET}/{run_claim_key('*')}"
_REQUEST = f"{BUCKET}/{run_request_key('*')}"
_PAYERS = f"{BUCKET}/{run_payers_key('*')}"
_LISTING = f"{BUCKET}/{listing_key('*', '*')}"
_FETCH_PASS = f"{BUCKET}/{fetch_passes_prefix('*', '*')}*"
_CHARGES = f"{BUCKET}/{charges_prefix('*', '*')}*"
_RESULT = f"{BUCKET}/{run_result_key('*')}"

_ENCRYPT = Required("kms:GenerateDataKey", ARCHIVE_KEY, "S3 encrypts what this function stores")
_DECRYPT = Required("kms:Decrypt", ARCHIVE_KEY, "S3 decrypts what this function reads")
_LOG = (
    Required("logs:CreateLogStream", OWN_LOG, "each instance of the function begins a stream"),
    Required("logs:PutLogEvents", OWN_LOG, "the function's log"),
)
_TAKE_PAYER_ROLE = Required(
    "sts:AssumeRole", PAYER_ROLES, "calls AWS as the payer account, with its own external id"
)

_ENUMERATE = (
    Required("s3:GetBucketVersioning", BUCKET, "no run begins unless versions are kept"),
    Required("s3:GetBucketObjectLockConfiguration", BUCKET, "no run begins without Object Lock"),
    Required(
        "s3:ListBucket",
        BUCKET,
        "lists the periods; without it S3 answers 403 for a view that does not exist yet, not 404",
    ),
    Required("s3:GetObject", _COMPLETENESS, "which payer accounts need no check today"),
    Required("s3:GetObject", _PAYMENT_STATUS, "which financial records were open when last seen"),
    Required("s3:PutObject", _CLAIM, "claims a scheduled run; a second delivery starts none"),
    Required("s3:GetObject", _CLAIM, "recognises its own claim, when the step is tried again"),
    Required("s3:PutObject", _PAYERS, "stores the list that the map reads"),
    Required("s3:PutObject", _REQUEST, "stores the run's request"),
    _ENCRYPT,
    _DECRYPT,
    *_LOG,
)
_LIST = (
    Required("s3:PutObject", _LISTING, "stores AWS's listing of the payer account"),
    _ENCRYPT,
    Required(
        "kms:Decrypt",
        ARCHIVE_KEY,
        "S3 may check a bucket key before it stores with it; whether AWS asks for this at a plain "
        "PUT is not documented clearly, and without s3:GetObject it reveals nothing",
    ),
    _TAKE_PAYER_ROLE,
    *_LOG,
)
_FETCH = (
    Required("s3:ListBucket", BUCKET, "lists the passes of this run, and the accounts"),
    Required("s3:ListBucketVersions", BUCKET, "stores nothing over evidence, be it hidden"),
    Required("s3:GetObject", _LISTING, "the expected invoices"),
    Required("s3:GetObject", _PAYERS, "the payer accounts of this run"),
    Required("s3:GetObject", _REQUEST, "the accounts of the register"),
    Required("s3:GetObject", _COMPLETENESS, "which documents were found to be another invoice's"),
    Required("s3:GetObject", _FETCH_PASS, "the results of earlier passes of this run"),
    Required("s3:PutObject", _FETCH_PASS, "stores the result of this pass"),
    Required("s3:GetObject", _DOCUMENTS, "adopts a document that a crash left, by its checksum"),
    Required("s3:GetObjectVersion", _DOCUMENTS, "compares a changed document with the archived"),
    Required("s3:PutObject", _DOCUMENTS, "stores documents, once"),
    Required("s3:PutObjectRetention", _DOCUMENTS, "S3 asks for it when a PUT carries lock headers"),
    Required("s3:GetObject", _RECORDS, "the state of an invoice"),
    Required("s3:PutObject", _RECORDS, "stores records, once"),
    Required("s3:PutObjectRetention", _RECORDS, "S3 asks for it when a PUT carries lock headers"),
    _ENCRYPT,
    _DECRYPT,
    _TAKE_PAYER_ROLE,
    *_LOG,
)
_VALIDATE = (
    Required("s3:ListBucket", BUCKET, "lists manifests, and the passes of this run"),
    Required("s3:ListBucketVersions", BUCKET, "finds evidence that is hidden or overlaid: damage"),
    Required("s3:GetObject", _PAYERS, "the payer accounts of this run"),
    Required("s3:GetObject", _REQUEST, "the register of the run"),
    Required("s3:GetObject", _LISTING, "the expected invoices"),
    Required("s3:GetObject", _FETCH_PASS, "the archived and the outstanding invoices"),
    Required(
        "s3:GetObject", _CHARGES, "Cost Explorer's answer to an earlier try, which cost money"
    ),
    Required("s3:PutObject", _CHARGES, "stores Cost Explorer's answer"),
    Required("s3:PutObject", _RESULT, "stores the result of the run"),
    Required("s3:GetObject", _RECORDS, "the state of every invoice of the period"),
    Required("s3:GetObject", _MANIFESTS, "the chain that the next manifest continues"),
    Required("s3:PutObject", _MANIFESTS, "stores manifests, once"),
    Required("s3:PutObjectRetention", _MANIFESTS, "S3 asks for it when a PUT carries lock headers"),
    *(Required("s3:GetObject", view, "finds a view that is out of date") for view in _VIEWS),
    *(Required("s3:PutObject", view, "makes the view again") for view in _VIEWS),
    *(Required("s3:PutObjectTagging", view, "old versions expire by this tag") for view in _VIEWS),
    _ENCRYPT,
    _DECRYPT,
    Required("kms:Sign", SIGNING_KEY, "signs each manifest"),
    Required("kms:Verify", SIGNING_KEY, "continues only a manifest that it signed itself"),
    Required("kms:GetPublicKey", SIGNING_KEY, "stores the public half in the archive"),
    Required("dynamodb:GetItem", HEADS, "the end of the chain, as kept outside the bucket"),
    Required("dynamodb:UpdateItem", HEADS, "moves the record forward, never back"),
    Required("sns:Publish", TOPIC, "notifies people"),
    Required("sns:Publish", CHAT_TOPIC, "notifies chat channels, with `chat_notifications`"),
    Required("kms:GenerateDataKey", TOPIC_KEY, "SNS encrypts the message with the topic's key"),
    Required("kms:Decrypt", TOPIC_KEY, "SNS requires it of every publisher"),
    Required("events:PutEvents", EVENT_BUS, "notifies other programs"),
    Required(_TAKE_PAYER_ROLE.action, PAYER_ROLES, "reads Cost Explorer as the payer account"),
    *_LOG,
)
_PUBLIC_KEY = (
    Required("kms:GetPublicKey", SIGNING_KEY, "the public half becomes an output of the stack"),
    *_LOG,
)
_WORKFLOW = (
    *(Required("lambda:InvokeFunction", step.state, "calls its step") for step in STEPS),
    *(
        Required("lambda:InvokeFunction", f"{step.state}:*", "as CDK grants it; no version exists")
        for step in STEPS
    ),
    Required("s3:GetObject", _PAYERS, "the map reads the run's list"),
    Required("kms:Decrypt", ARCHIVE_KEY, "the list is encrypted"),
    Required("states:StartExecution", STATE_MACHINE, "each payer account is a child of the map"),
    Required("states:DescribeExecution", EXECUTIONS, "monitors the children"),
    Required("states:StopExecution", EXECUTIONS, "stops the children when a person stops the run"),
    Required("states:RedriveExecution", MAP_RUN, "a failed map is driven again by a person"),
    *(
        Required(f"logs:{action}", EVERYTHING, "sets up its log; the action has no resource")
        for action in (
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DescribeLogGroups",
            "DescribeResourcePolicies",
            "GetLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "UpdateLogDelivery",
        )
    ),
)
_SCHEDULE = (
    Required("states:StartExecution", STATE_MACHINE, "starts the daily run"),
    Required("sqs:SendMessage", DEAD_LETTERS, "keeps a start that could not be delivered"),
)
_ALARMS = (
    Required("sns:Publish", TOPIC, "sends an alarm's e-mail, for alarms of this archive alone"),
    Required("kms:Decrypt", TOPIC_KEY, "SNS requires it of every publisher"),
    Required("kms:GenerateDataKey*", TOPIC_KEY, "SNS encrypts the message, as AWS documents it"),
)

REQUIRED_ACTIONS: Mapping[str, tuple[Required, ...]] = {
    ENUMERATE_PAYER_ACCOUNTS.state: _ENUMERATE,
    LIST_INVOICE_SUMMARIES.state: _LIST,
    FETCH_INVOICE_DOCUMENTS.state: _FETCH,
    VALIDATE_COMPLETENESS.state: _VALIDATE,
    PUBLIC_KEY: _PUBLIC_KEY,
    WORKFLOW: _WORKFLOW,
    SCHEDULE: _SCHEDULE,
    ALARMS: _ALARMS,
}
"""Needs of each role: a step's function, the one for the public key, the workflow and the schedule;
and CloudWatch's, which resource policies grant.
"""
