"""Heads of chains of manifests as a file, kept outside the bucket: `{"heads": [...]}`.

A report of an earlier check (`--json`) has them too, and serves as such a file.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.json_text import to_json
from lambdas.domain.manifest_heads import ManifestHead


def heads_file(heads: Iterable[ManifestHead]) -> bytes:
    in_order = sorted(heads, key=lambda head: head.billing_period)
    return to_json({"heads": [head.to_data() for head in in_order]})


def read_heads_file(path: Path) -> Mapping[BillingPeriod, ManifestHead]:
    """Raises ValueError with a sentence that names the file and what is wrong with it."""
    try:
        rows = json.loads(path.read_bytes())["heads"]
        heads = [ManifestHead.from_data(row) for row in rows]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(
            f'{path} is no file of heads ({type(error).__name__}: {error}); "invoices heads" '
            "writes one"
        ) from None
    if len(heads) != len({head.billing_period for head in heads}):
        raise ValueError(f"{path} names a billing period twice")
    return {head.billing_period: head for head in heads}
