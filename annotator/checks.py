"""What Django's own review of the settings cannot know. Numbers are never used again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def https_is_on(**_: Any) -> list[CheckMessage]:
    if settings.HTTPS:
        return []
    return [
        Warning(
            "HTTPS is off: passwords and raters' answers travel readable.",
            hint="Put a proxy with a certificate in front and remove HTTPS=false.",
            id="annotator.W001",
        )
    ]


@register(Tags.files, deploy=True)
def pictures_can_be_kept(**_: Any) -> list[CheckMessage]:
    existing = next(
        path for path in (settings.MEDIA_ROOT, *settings.MEDIA_ROOT.parents) if path.exists()
    )
    if existing.is_dir():
        return []
    return [
        Warning(
            f"MEDIA_ROOT lies under {existing}, which is not a folder.",
            hint="Set MEDIA_ROOT to a folder that web and workers share.",
            id="annotator.W002",
        )
    ]
