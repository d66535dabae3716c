"""Slots, bookings, reminders, check-in. Not built yet."""
