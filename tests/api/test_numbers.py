"""Numbers that no answer could be written with."""

import pytest


@pytest.mark.parametrize("number", ["1e30", "-1e30", "123456789012345678901234567890", "9223372036854775808.5"])
def test_a_number_beyond_64_bits_is_refused_and_nothing_is_kept(api, bank, moussa, number):
    path = f"tenants/{bank.slug}/customers/"
    body = b'{"full_name": "Demba", "metadata": {"n": [%s]}}' % number.encode()

    answer = api(moussa).post(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert api(moussa).get(path).json()["results"] == []


def test_a_long_number_of_64_bits_comes_back(api, bank, moussa):
    answer = api(moussa).post(
        f"tenants/{bank.slug}/customers/", json={"full_name": "Demba", "metadata": {"n": 9007199254740993}}
    )

    assert answer.json()["metadata"] == {"n": 9007199254740993}
