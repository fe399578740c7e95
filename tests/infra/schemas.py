"""CloudFormation's schemas of resource types, as cfn-lint brings them."""

from typing import Any


def resource_schema(type_name: str) -> dict[str, Any] | None:
    """The schema of a resource type; None for a type that is not AWS's own."""
    # at collection its import would take each worker a second
    from cfnlint.schema import (  # noqa: PLC0415
        PROVIDER_SCHEMA_MANAGER,
        ResourceNotFoundError,
    )

    try:
        found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(
            "us-east-1", type_name
        ).schema
    except ResourceNotFoundError:
        return None
    return found
