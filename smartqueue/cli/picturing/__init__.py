"""`smartqueue screens`: an instance of its own, people in it, and the pictures."""
