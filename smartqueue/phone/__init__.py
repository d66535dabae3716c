"""USSD, SMS keywords, WhatsApp: a person with a keypad.."""
