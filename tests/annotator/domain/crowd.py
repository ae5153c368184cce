"""Raters of one process, for tests that let several processes at one study.

`python -m tests.annotator.domain.crowd STUDY RATERS VANISHING SEED` draws and answers in random
turns until nobody is given anything. The first VANISHING raters leave with what they hold.
"""

from __future__ import annotations

import random
import sys
import uuid

import django


def main(study_id: int, raters: int, vanishing: int, seed: int) -> None:
    from annotator.domain.raters import recruitment
    from annotator.domain.rating import assignments
    from annotator.domain.rating.assignments import Answer
    from annotator.models import Invitation

    choice = random.Random(seed)
    invitation = Invitation.objects.filter(study=study_id)[0]
    present = [
        recruitment.join_study(invitation=invitation, consent_text="I agree.")
        for _ in range(raters)
    ]
    restless = {rater.pk for rater in present[:vanishing]}
    while present:
        rater = choice.choice(present)
        drawn = assignments.draw(rater=rater, count=choice.randint(1, 4))
        gone = rater.pk in restless and choice.random() < 0.3
        if not drawn or gone:
            present.remove(rater)
            continue
        for assignment in drawn[: choice.randint(1, len(drawn))]:
            answer = Answer(answer_id=uuid.uuid4(), score=choice.randint(1, 5))
            assignments.submit_rating(assignment=assignment, answer=answer)


if __name__ == "__main__":
    django.setup()
    main(*map(int, sys.argv[1:]))
