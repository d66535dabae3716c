"""A ticket's day over HTTP, as the README tells it."""


def test_a_ticket_is_taken_called_started_and_closed(api, bank, moussa, binta, tellers):
    agent, admin = api(binta), api(moussa)
    base = f"tenants/{bank.slug}"

    taken = agent.post(f"{base}/tickets/", json={"queue_id": str(tellers.id), "channel": "kiosk"})
    assert taken.status_code == 201, taken.content
    ticket = taken.json()
    assert (ticket["number"], ticket["status"], ticket["position"], ticket["people_ahead"]) == ("A001", "waiting", 1, 0)

    called = agent.post(f"{base}/agents/me/call-next/", json={"queue_id": str(tellers.id)})
    assert called.status_code == 200, called.content
    assert called.json()["id"] == ticket["id"]

    started = agent.post(f"{base}/tickets/{ticket['id']}/start-service/", json={})
    assert started.json()["status"] == "serving", started.content

    closed = agent.post(f"{base}/tickets/{ticket['id']}/close/", json={"outcome": "served"})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")

    nobody = agent.post(f"{base}/agents/me/call-next/", json={"queue_id": str(tellers.id)})
    assert nobody.status_code == 204

    log = admin.get(f"{base}/audit-log/?object={ticket['id']}").json()["results"]
    assert [entry["fact"] for entry in log] == [
        "ticket.closed", "ticket.service_started", "ticket.called", "ticket.created",
    ]  # fmt: skip
    assert log[0]["actor_id"] == str(binta.user.id)
