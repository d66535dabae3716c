"""Granularity, durations and the histogram behind the percentiles."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import ceil, log
from struct import iter_unpack

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Granularity(models.TextChoices):
    """The periods of a report, in local days; a week begins on Monday."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")


UNKNOWN_COMMUNE = ""
"""Where a customer comes from whose commune nobody has noted."""

RATIO = 1.04
"""Width of a bucket: it ends 4 % above its beginning, so its middle is off by at most 2 % (0.04 / 2.04)."""

PLACES = 8
"""Decimal places of a bucket in the packed number: each may hold 99,999,999 people."""


def bucket_of(seconds: float) -> int:
    """The bucket of a duration: 0 up to one second, then bucket b ends at 1.04 ** b seconds."""
    return max(0, ceil(log(max(seconds, 1.0)) / log(RATIO)))


def middle_of(bucket: int) -> float:
    """The duration that stands for a bucket, in seconds: off by the same share from both of its ends."""
    return 2 * RATIO**bucket / (RATIO + 1) if bucket else 0.5


def unpacked(packed: str) -> dict[int, int]:
    """Bucket → count, ascending, of a packed histogram.

    A histogram is one number, the sum of count × 10 ** (8 × bucket). So PostgreSQL's `sum()` merges histograms, at the
    speed of an addition: a year of 40 queues in 30 ms, where arrays of buckets for each day took 200.

    Args:
        packed: the number's decimal digits.
    """
    first, counts = _counts(packed)
    return {bucket: count for bucket, count in enumerate(counts, start=first) if count}


def _counts(packed: str) -> tuple[int, list[int]]:
    """The first bucket that is not empty, and the counts from there on. Read by the thousand: no step in Python."""
    first = (len(packed) - len(packed.rstrip("0"))) // PLACES
    digits = packed[: len(packed) - first * PLACES]
    cells = digits.zfill(-(-len(digits) // PLACES) * PLACES).encode()
    counts = [int(count) for (count,) in iter_unpack(f"{PLACES}s", cells)]
    counts.reverse()
    return first, counts


def percentiles(packed: str, shares: Sequence[float], least: float, most: float) -> list[float]:
    """Percentiles by nearest rank: the smallest value that at least this share of all values does not exceed.

    Args:
        packed: a histogram of at least one value, as in `unpacked`.
        shares: 0.5 for the median.
        least: the exact minimum in seconds; `most` the maximum. No percentile lies beyond them.

    Returns:
        Seconds, one for each share, each within 2 % of the exact one (half a second below one second).
    """
    first, counts = _counts(packed)
    passed = list(accumulate(counts))
    ranks = (ceil(round(share * passed[-1], 6)) for share in shares)
    return [min(max(middle_of(first + bisect_left(passed, rank)), least), most) for rank in ranks]


def lasted(seconds: float) -> str:
    """A duration in words: `45 s`, `12 min`, `1 h 05`; to the nearest second or minute."""
    if round(seconds) < 60:
        return gettext("{seconds} s").format(seconds=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return gettext("{minutes} min").format(minutes=minutes)
    hours = number_format(minutes // 60, use_l10n=True, force_grouping=True)
    return gettext("{hours} h {minutes:02d}").format(hours=hours, minutes=minutes % 60)
