"""The page that the sandbox shows to people: the doorways, how to connect them, and what came last."""

from datetime import UTC, datetime
from html import escape
from itertools import chain

from smartqueue.cli.sandbox.frame import FAULTS, Account, Kept, Sandbox

MOST_SHOWN = 30
_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.9rem; margin: 0 } h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: 0 0 .5rem }
p { margin: .5rem 0; max-width: 44rem }
.doors { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(28rem, 100%), 1fr)); gap: 1rem }
.door { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; font-size: .875rem }
dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere }
.door dd { white-space: pre-wrap; max-height: 6rem; overflow-y: auto }
.door dd, .menu dt, code, pre { font-family: ui-monospace, monospace; font-size: .8125rem }
pre { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; overflow-x: auto }
.rows { overflow-x: auto }
table { border-collapse: collapse; width: 100%; min-width: 40rem; font-size: .875rem }
@media (max-width: 30rem) { .door dl, .menu { grid-template-columns: 1fr } dd { margin-bottom: .5rem } }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line) }
td:nth-child(-n+3) { white-space: nowrap } td { overflow-wrap: anywhere }
"""


def page(boxes: dict[str, Sandbox], url: str) -> str:
    """The whole page.

    Args:
        url: where this sandbox is, as whoever asks has called it.
    """
    doors = "".join(_door(box, f"{url}/{name}") for name, box in boxes.items())
    menu = "".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in FAULTS.items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>SmartQueue sandbox</title><style>{_STYLE}</style></head><body>
<h1>SmartQueue sandbox</h1>
<p>Stand-ins for the providers of messages. Nothing leaves this machine, and nothing is kept when it ends.</p>
<h2>What came last</h2>
{_rows(boxes)}
<h2>Doorways</h2>
<p>In your organisation, open Integrations, choose the provider and copy these. SmartQueue calls 127.0.0.1 when it runs
with <code>SMARTQUEUE_ALLOW_LOOPBACK=1</code>. Any other account is good as well: its secrets follow from its name in
the same way.</p>
<div class="doors">{doors}</div>
<h2>When things go wrong</h2>
<p>Ask for it, for the next requests of an account:</p>
<pre>{escape(_example(boxes, url))}</pre>
<dl class="menu">{menu}</dl>
</body></html>
"""


def _door(box: Sandbox, url: str) -> str:
    settings, secrets = box.credentials(box.demo)
    told = {"base_url": box.base_url(url, box.demo), **settings, **secrets}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in told.items())
    return f'<section class="door"><h3>{escape(box.title)}</h3><dl>{rows}</dl></section>'


def _rows(boxes: dict[str, Sandbox]) -> str:
    """The last messages of all accounts."""
    every = chain.from_iterable(
        [(kept, box, account) for kept in list(account.messages)[-MOST_SHOWN:]]
        for box in boxes.values()
        for account in box.accounts.values()
    )
    last = sorted(every, key=lambda row: row[0].at, reverse=True)[:MOST_SHOWN]
    if not last:
        return "<p>Nothing yet. Send a test message from Integrations.</p>"
    head = "".join(f"<th>{name}</th>" for name in ("When", "Provider", "To", "Message", "Status"))
    return f'<div class="rows"><table><tr>{head}</tr>{"".join(_row(*row) for row in last)}</table></div>'


def _row(kept: Kept, box: Sandbox, account: Account) -> str:
    at = f"{datetime.fromtimestamp(kept.at, UTC):%H:%M:%S}"
    cells = (at, box.name, kept.to[:40], kept.body, kept.status or "taken")
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _example(boxes: dict[str, Sandbox], url: str) -> str:
    name, box = next(iter(boxes.items()))
    control = f"{url}/__sandbox__/{name}"
    return f"""curl '{control}/faults?account={box.demo}' \\
     -d '{{"next": ["busy", "cut"]}}'
curl '{control}/messages?account={box.demo}'
curl '{control}/report?account={box.demo}' \\
     -d '{{"status": "delivered", "copies": 2}}'
curl '{control}/inbound?account={box.demo}' \\
     -d '{{"sender": "+221771234567", "text": "AIDE", "url": "the address that Integrations shows"}}'"""
