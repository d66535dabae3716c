"""Ids in the order of time, tokens that nobody guesses."""

import time

from smartqueue.kernel.ids import token, uuid7


def test_an_id_says_when_it_was_made():
    before, made, after = time.time_ns() // 1_000_000, uuid7(), time.time_ns() // 1_000_000

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after


def test_ids_made_one_after_another_stand_in_that_order():
    made = []
    for _ in range(1000):
        made.append(uuid7())
        stop = time.perf_counter_ns() + 1000  # the fraction of a millisecond has steps of 244 ns
        while time.perf_counter_ns() < stop:
            pass

    assert made == sorted(made)
    assert len(set(made)) == 1000


def test_tokens_have_128_bits():
    assert {len(token()) for _ in range(100)} == {22}
    assert len({token() for _ in range(1000)}) == 1000
