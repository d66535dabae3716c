"""What tests of messages share."""

from tests.notifications.desk import desk as desk
from tests.notifications.desk import loopback as loopback
from tests.notifications.desk import make_desk as make_desk
from tests.notifications.desk import nothing_else_waits as nothing_else_waits
