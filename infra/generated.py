"""Files of the project that are made from the app. `python -m infra.generated` writes them.

A test fails if one is not current.
"""

from collections.abc import Mapping
from typing import Any

from infra import iam_page, payer_reader, workflow_diagram
from infra.names import ARCHIVE_STACK, PAYER_READER_STACK, PAYER_READER_TEMPLATE, PROJECT
from infra.stacks import synthesized_templates


def generated_files(templates: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Content of each file by path in the project, for the templates of both stacks."""
    archive = templates[ARCHIVE_STACK]
    return {
        "docs/workflow.md": workflow_diagram.page(workflow_diagram.definition(archive)),
        "docs/iam.md": iam_page.page(),
        PAYER_READER_TEMPLATE: payer_reader.template_file(templates[PAYER_READER_STACK]),
    }


def main() -> None:
    for path, content in generated_files(synthesized_templates()).items():
        (PROJECT / path).write_text(content, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
