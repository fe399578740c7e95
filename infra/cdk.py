"""The CDK command line of the project: `python -m infra.cdk deploy InvoiceArchive`.

It uses the Node and the Python that the requirements install, whatever else is on the machine, and
reads credentials as the AWS command line does.
"""

import os
import subprocess
import sys
from pathlib import Path

from infra.names import PROJECT


def main() -> int:
    """Run the command that follows; return its exit code."""
    cdk = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not cdk.is_file():
        print(f"{cdk} is missing; run: make setup", file=sys.stderr)
        return 1
    node = os.environ["JSII_NODE"]  # set by the package `infra`
    first = [str(Path(sys.executable).parent), str(Path(node).parent)]  # cdk.json runs `python`
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*first, os.environ.get("PATH", os.defpath)]),
    }
    try:
        return subprocess.run(
            [node, str(cdk), *sys.argv[1:]], check=False, cwd=PROJECT, env=environment
        ).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
