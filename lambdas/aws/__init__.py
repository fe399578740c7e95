"""The only place that calls AWS or opens a socket."""

import logging

# At level DEBUG these libraries print answers and URLs, and urllib3 names a URL even in a warning
# about broken headers. A document URL is a bearer secret, so they are silenced from the start.
for _library in ("boto3", "botocore", "requests", "urllib3"):
    logging.getLogger(_library).setLevel(logging.ERROR)
