"""How a model of a list stands, in words: whether it can be picked, and what its service says about it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.ui.words import credits

MOST = 300
"""Characters of a service's own words that are shown in one place."""
MOST_HINT = 1_500

translate = QCoreApplication.translate


def standing(model: Model) -> str:
    """Why a model cannot be picked, in a word or two; empty where it can."""
    match model.availability:
        case Availability.AVAILABLE:
            return ""
        case Availability.COMING_SOON:
            return translate("Models", "Coming soon")
        case Availability.STUDIO_ONLY:
            return translate("Models", "Only on its website")
        case Availability.GONE:
            since = model.gone_at
            return (
                translate("Models", "Gone")
                if since is None
                else translate("Models", "Gone since {0}").format(day(since))
            )


def day(seconds: float) -> str:
    """A date, as short as its year allows: 12 Nov, 12 Nov 2025."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds)).date()
    this_year = when.year() == QDateTime.currentDateTime().date().year()
    return QLocale().toString(when, "d MMM" if this_year else "d MMM yyyy")


def counted(model: Model) -> str:
    """How a price is counted that is not one for each clip: "Price: PER_SECOND, from 3 credits"; else empty."""
    if not model.billing:
        return ""
    if model.credits_from is None:
        return translate("Models", "Price: {0}").format(model.billing)
    return translate("Models", "Price: {0}, from {1}").format(model.billing, credits(model.credits_from))


def price(model: Model, cost: float | None) -> str:
    """What clips cost, in few words; `cost` is None where there is no one price."""
    return translate("Models", "Price varies") if cost is None and model.billing else credits(cost)


def notices(model: Model, most: int = MOST) -> str:
    """What the service says about a model, one notice a line, bounded."""
    return bounded(model.notices, most)


def bounded(texts: Iterable[str], most: int = MOST) -> str:
    """Texts from outside, each on a line of its own without other breaks, cut to `most` characters in all."""
    lines = (" ".join(text.split()) for text in texts)
    text = "\n".join(line for line in lines if line)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
