import csv
from pathlib import Path

import pytest

from smartqueue.kernel.errors import Invalid
from smartqueue.kernel.phones import normalise

VECTORS = [
    (row["input"], row["default_region"], row["e164"])
    for row in csv.DictReader(Path(__file__).with_name("phones.csv").read_text(encoding="utf-8").splitlines())
]


@pytest.mark.parametrize(("written", "region", "kept"), [vector for vector in VECTORS if vector[2]])
def test_a_number_is_kept_as_e164_however_it_was_written(written, region, kept):
    assert normalise(written, region) == kept


@pytest.mark.parametrize(("written", "region"), [vector[:2] for vector in VECTORS if not vector[2]])
def test_a_number_that_the_plan_does_not_know_is_refused(written, region):
    with pytest.raises(Invalid) as refusal:
        normalise(written, region)

    assert refusal.value.facts["errors"].keys() == {"phone"}


@pytest.mark.parametrize(
    "written", ["", " ", "+", "abc", "77 123 45 67 ext. 3", "771234567;ext=3", "77\x001234567", "1" * 500]
)
def test_what_is_no_number_is_refused(written):
    with pytest.raises(Invalid):
        normalise(written)
