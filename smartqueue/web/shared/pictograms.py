"""Pictures of services, for those who do not read: 48 × 48, filled shapes and lines of 3, drawn here."""

PICTOGRAMS = {
    # an opened notebook with a stamp
    "account": "M8 8h26a4 4 0 0 1 4 4v28a4 4 0 0 1-4 4H8zM14 8v36M21 17h11M21 24h11M26 35a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    # a note and two coins
    "cash": "M4 12h40v20H4zM18 22a6 6 0 1 0 12 0a6 6 0 1 0-12 0M10 18v8M38 18v8M12 38h24M16 43h16",
    # two people talking
    "advice": "M5 8h24v16H16l-6 6v-6H5zM33 16h10v16h-4v6l-6-6H21v-3M11 14h12M11 19h8",
    # a bank card
    "card": "M8 11h32a4 4 0 0 1 4 4v20a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V15a4 4 0 0 1 4-4zM4 19h40M10 31h8M26 31h4",
    # a sheet with a seal
    "document": "M10 4h20l8 8v32H10zM30 4v8h8M16 19h16M16 26h16M16 33h8M29 36a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    # a hand that gives a coin
    "payment": "M20 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0M27 7v6M4 28h8l6-4h12a3 3 0 0 1 0 7h-8M30 30l9-6a3 3 0 0 1 4 5L32 40H12l-4 3H4z",  # noqa: E501 - one path
    # a heart with a pulse
    "health": "M24 43C10 33 4 26 4 17a10 10 0 0 1 20-4a10 10 0 0 1 20 4c0 9-6 16-20 26zM8 24h9l4-7 6 13 4-6h9",
    # a parcel with a ribbon
    "parcel": "M6 15 24 6l18 9v19l-18 9-18-9zM6 15l18 9 18-9M24 24v19M15 10.500l18 9v8",
    # a ticket
    "default": "M5 12h38v8a4 4 0 0 0 0 8v8H5v-8a4 4 0 0 0 0-8zM29 14v4M29 22v4M29 30v4M12 20h10M12 28h10",
}
"""`Service.pictogram` names one; anything else shows the last."""
