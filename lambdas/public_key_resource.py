"""A custom resource of the stack: the public half of the key that signs manifests, as PEM. The
stack outputs it, and auditors compare it with the copy in the archive.
"""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.aws.clients import kms_client
from lambdas.aws.cloudformation import answer
from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.errors import ServiceUnavailable

PAUSES_SECONDS = (5, 10, 15, 20, 20, 25, 25)
"""KMS refuses a new role until IAM's permissions take effect: after some seconds, at times after
two minutes."""


def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Answer an event of CloudFormation with the attribute `Pem` of the key `KeyArn`.

    The resource is the key itself, so deleting it needs no work. Raises an error again after
    answering CloudFormation with it.
    """
    key_arn = event["ResourceProperties"]["KeyArn"]
    try:
        data = {} if event["RequestType"] == "Delete" else {"Pem": _public_key_pem(key_arn)}
    except Exception as error:
        answer(event, resource_id=key_arn, failure=f"{type(error).__name__}: {error}")
        raise
    answer(event, resource_id=key_arn, data=data)


def _public_key_pem(key_arn: str) -> str:
    kms = kms_client()
    signer = ManifestSigner(kms, key_arn)
    for pause in PAUSES_SECONDS:
        try:
            return signer.public_key_pem().decode()
        except (kms.exceptions.ClientError, ServiceUnavailable):
            time.sleep(pause)
    return signer.public_key_pem().decode()
