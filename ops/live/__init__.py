"""The live archive: the only part of the tool that imports boto3."""
