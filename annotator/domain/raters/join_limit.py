"""How many raters may join by one link from one address: a program that joins over and over would
take every place of a study.

Counted in the database, so that it holds for all server processes together. A class of students
behind one address is let in: see `JOINS_PER_ADDRESS`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from annotator.errors import TooManyJoins
from annotator.models import Invitation, JoinWindow

WINDOW = timedelta(minutes=10)
_SALT = "annotator.join_limit"


@transaction.atomic
def count_join(*, invitation: Invitation, address: str, at: datetime) -> None:
    """Raises `TooManyJoins` where the link was used too often from this address lately.

    Rehearsals are not limited: simulated raters all come from one machine.
    """
    most = settings.JOINS_PER_ADDRESS
    if not most or not address or invitation.rehearsal:
        return
    JoinWindow.objects.filter(invitation=invitation, began__lt=at - WINDOW).delete()
    digest = salted_hmac(_SALT, address, algorithm="sha256").hexdigest()
    window, is_new = JoinWindow.objects.get_or_create(
        invitation=invitation, address_digest=digest, defaults={"began": at}
    )
    # Conditional: whoever comes at once, no more than these get through.
    places = JoinWindow.objects.filter(pk=window.pk, joined__lt=most)
    if not is_new and not places.update(joined=F("joined") + 1):
        raise TooManyJoins
