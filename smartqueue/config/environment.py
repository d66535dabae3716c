"""What the outside world tells SmartQueue: environment variables first, then the notes of the embedded engines.

`smartqueue up` starts PostgreSQL and Valkey below the data folder and writes their addresses to
`run/engines.json` there, so that a second terminal (`smartqueue verify`, `create-tenant`) finds them.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit


class NotConfigured(RuntimeError):
    """A needed address is neither in the environment nor in the data folder."""


@dataclass(frozen=True)
class Environment:
    """Addresses and secrets, all as plain strings.

    Attributes:
        home: data folder of this instance.
        owner_url: PostgreSQL as the owner of the tables; migrations only. Empty in a hardened web process.
        app_url: PostgreSQL as `sq_app`, held by row-level security.
        platform_url: PostgreSQL as `sq_platform`, for platform staff and the relay.
        redis_url: Valkey or Redis.
        secret_key: signs tokens and sessions.
    """

    home: Path
    owner_url: str
    app_url: str
    platform_url: str
    redis_url: str
    secret_key: str


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def number(name: str, default: int) -> int:
    return int(text(name) or default)


def flag(name: str, *, default: bool = False) -> bool:
    return text(name, str(default)).lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    return [word for word in text(name, default).replace(",", " ").split() if word]


def home() -> Path:
    return Path(text("SMARTQUEUE_HOME", ".smartqueue")).expanduser().resolve()


def role_password(secret_key: str, role: str) -> str:
    """Password of a database role that SmartQueue creates: derived, so that no second secret has to be kept."""
    return hmac.new(secret_key.encode(), f"role:{role}".encode(), hashlib.sha256).hexdigest()[:40]


def as_role(owner_url: str, role: str, secret_key: str) -> str:
    """The owner's address with another role in it."""
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(role)}:{role_password(secret_key, role)}@{host}").geturl()


@cache
def load() -> Environment:
    """Read the environment once per process.

    Raises:
        NotConfigured: no database address, and no embedded engines have been started in this data folder.
    """
    notes_path = home() / "run" / "engines.json"
    notes: dict[str, str] = json.loads(notes_path.read_text()) if notes_path.exists() else {}
    secret_key = text("SECRET_KEY") or notes.get("secret_key", "")
    owner_url = text("DATABASE_URL") or notes.get("owner_url", "")
    app_url = text("DATABASE_APP_URL") or (as_role(owner_url, "sq_app", secret_key) if owner_url else "")
    platform_url = text("DATABASE_PLATFORM_URL") or (as_role(owner_url, "sq_platform", secret_key) if owner_url else "")
    redis_url = text("REDIS_URL") or notes.get("redis_url", "")
    if not (app_url and platform_url and redis_url and secret_key):
        raise NotConfigured(
            "No engines: set DATABASE_URL, REDIS_URL and SECRET_KEY, or run `smartqueue up` with this SMARTQUEUE_HOME."
        )
    return Environment(
        home=home(),
        owner_url=owner_url,
        app_url=app_url,
        platform_url=platform_url,
        redis_url=redis_url,
        secret_key=secret_key,
    )


def database(url: str, *, pool: dict[str, object] | None = None) -> dict[str, object]:
    """Django's settings for one PostgreSQL address; `?host=/folder` in the address means a Unix socket."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options: dict[str, object] = {"connect_timeout": 5} | ({"pool": pool} if pool else {})
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "smartqueue.config.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", "")) or parts.hostname or "",
        "PORT": str(query.get("port", "") or parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }
