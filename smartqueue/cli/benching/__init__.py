"""The parts of `smartqueue bench`: load over HTTP, the same SQL over bare connections, and the data both work on."""
