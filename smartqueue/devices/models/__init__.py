"""Tables of the devices' room."""

from smartqueue.devices.models.clips import Clip as Clip
from smartqueue.devices.models.devices import CodeTries as CodeTries
from smartqueue.devices.models.devices import Device as Device
from smartqueue.devices.models.devices import DeviceQueue as DeviceQueue
from smartqueue.devices.models.devices import Pairing as Pairing
from smartqueue.devices.models.prints import Print as Print
