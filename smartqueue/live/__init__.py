"""WebSocket consumers and the hub that pokes the screens. Not built yet."""
