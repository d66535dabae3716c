"""Django's PostgreSQL backend with a pool that hands out no connection on which the server has hung up."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError


class DatabaseWrapper(base.DatabaseWrapper):
    """After a restart of PostgreSQL every pooled connection is dead. `CONN_HEALTH_CHECKS` would find that out with a
    round trip per request; a look at the socket costs a microsecond."""

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection that was alive a moment ago; dead ones go back to the pool, which replaces them."""
        connection = super().get_new_connection(conn_params)
        while self.pool and has_hung_up(connection):
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def has_hung_up(connection: Connection[Any]) -> bool:
    """Whether the server has closed an idle connection: then its socket has something to read, and libpq sees the end.

    Also True after `connection.close()`.
    """
    try:
        looking = select.poll()
        looking.register(connection.fileno(), select.POLLIN)
        while looking.poll(0):
            connection.pgconn.consume_input()
    except OperationalError:
        return True
    return bool(connection.closed)
