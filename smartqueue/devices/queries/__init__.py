"""Every read of the devices' room that has a name."""

from smartqueue.devices.queries.devices import Seen as Seen
from smartqueue.devices.queries.devices import Waiting as Waiting
from smartqueue.devices.queries.devices import all_devices as all_devices
from smartqueue.devices.queries.devices import chosen_queue_ids as chosen_queue_ids
from smartqueue.devices.queries.devices import counters_of_site as counters_of_site
from smartqueue.devices.queries.devices import device_of_token as device_of_token
from smartqueue.devices.queries.devices import device_or_refuse as device_or_refuse
from smartqueue.devices.queries.devices import device_that_may_stay as device_that_may_stay
from smartqueue.devices.queries.devices import devices_named as devices_named
from smartqueue.devices.queries.devices import pairing_of as pairing_of
from smartqueue.devices.queries.devices import queues_of as queues_of
from smartqueue.devices.queries.devices import queues_of_site as queues_of_site
from smartqueue.devices.queries.devices import sites_to_choose as sites_to_choose
