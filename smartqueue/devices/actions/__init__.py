"""Every write of the devices' room."""

from smartqueue.devices.actions.devices import change_device as change_device
from smartqueue.devices.actions.devices import refresh as refresh
from smartqueue.devices.actions.devices import remove_device as remove_device
from smartqueue.devices.actions.devices import revoke_device as revoke_device
from smartqueue.devices.actions.life import heartbeat as heartbeat
from smartqueue.devices.actions.life import mark_silent_offline as mark_silent_offline
from smartqueue.devices.actions.pairing import begin_pairing as begin_pairing
from smartqueue.devices.actions.pairing import claim as claim
from smartqueue.devices.actions.pairing import collect as collect
from smartqueue.devices.actions.pairing import rotate_token as rotate_token
