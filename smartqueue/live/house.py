"""What all live connections of one process share: the hub, what is told on pages, which pages are looked at, where
phones are, and how many may come from one address."""

from collections import Counter
from dataclasses import dataclass, field

from smartqueue.live.doors import Refused
from smartqueue.live.hub import Hub
from smartqueue.live.notices import Notices
from smartqueue.live.positions import Positions
from smartqueue.live.presence import Presence


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds.

    Attributes:
        per_address: public connections (of tickets) from one address to this process; carriers put many phones
            behind one.
        slow_s: a client that does not read for so long is cut off.
        hello_s: how long a new socket may take to say what it has seen.
        ask_again_s: between two looks whether somebody may still watch.
        heartbeat_s: between two signs of life on an event stream.
    """

    per_address: int = 200
    slow_s: float = 20.0
    hello_s: float = 5.0
    ask_again_s: float = 60.0
    heartbeat_s: float = 20.0


@dataclass
class House:
    """One for each process."""

    hub: Hub
    limits: Limits = field(default_factory=Limits)
    presence: Presence = field(default_factory=Presence)
    positions: Positions = field(default_factory=Positions)
    notices: Notices = field(init=False)
    _guests: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.notices = Notices(self.hub)

    def welcome(self, address: str) -> None:
        """Count one more public connection; `goodbye` has to follow.

        Raises:
            Refused: 429.
        """
        if self._guests[address] >= self.limits.per_address:
            raise Refused(429)
        self._guests[address] += 1

    def goodbye(self, address: str) -> None:
        self._guests[address] -= 1
        if not self._guests[address]:
            del self._guests[address]
