"""What a person reads on a page."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.messages import get_messages


def text_of(response: Any) -> str:
    """What is read on the page: without tags, white space as one space."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]
