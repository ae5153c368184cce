"""The facts as a methods section says them: sentences, and the answers of a checklist.

The checklist follows Otani et al. (CVPR 2023), who found most human evaluations of pictures to be
described too poorly to be repeated.
"""

from __future__ import annotations

from annotator.domain.methods.asked import task
from annotator.domain.methods.facts import Facts
from annotator.domain.methods.material import items, pictures
from annotator.domain.methods.outcome import quality
from annotator.domain.methods.people import participants
from annotator.domain.methods.rows import Topic


def topics(facts: Facts) -> tuple[Topic, ...]:
    """In the order of a methods section. Every row answers, or says that it cannot."""
    made = {
        "Participants": participants(facts),
        "Task": task(facts),
        "Items": items(facts),
        "Pictures": pictures(facts),
        "Data quality": quality(facts),
        "Results": facts.findings.rows,
    }
    return tuple(Topic(title, tuple(rows)) for title, rows in made.items())
