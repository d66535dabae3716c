"""Our icons: 24 × 24, lines of 2, round ends, drawn here; each is the `d` of one path."""


def _circle(x: float, y: float, r: float) -> str:
    return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"


def _box(x: float, y: float, width: float, height: float, r: float = 2) -> str:
    corner = f"a{r} {r} 0 0 1"
    return (
        f"M{x + r} {y}h{width - 2 * r}{corner} {r} {r}v{height - 2 * r}{corner} -{r} {r}"
        f"h-{width - 2 * r}{corner} -{r} -{r}v-{height - 2 * r}{corner} {r} -{r}z"
    )


_CLOCK = _circle(12, 12, 9)
_BELL = "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4"
_SPEAKER = "M4 9v6h4l5 4V5L8 9z"
_PERSON = _circle(12, 8, 4) + "M4 21c0-4 3.5-6 8-6s8 2 8 6"

ICONS = {
    "alert": "M12 3 2 20h20zM12 10v4M12 17v.01",
    "arrived": _circle(9, 7, 4) + "M2 21c0-4 3-6 7-6 2 0 3.5.5 4.7 1.4M15 19l2 2 5-5",
    "bell": _BELL,
    "calendar": _box(3, 5, 18, 16) + "M3 10h18M8 3v4M16 3v4",
    "call": _SPEAKER + "M17 9c2 1.8 2 4.2 0 6M20 6c4 3.5 4 8.5 0 12",
    "chart": "M4 4v16h16M9 16v-5M14 16V7M19 16v-3",
    "check": "m4 12 5 6L20 6",
    "chevron": "m9 5 7 7-7 7",
    "clock": _CLOCK + "M12 7v5l3 2",
    "close": "m6 6 12 12M18 6 6 18",
    "counter": "M3 11h18M5 11v9h14v-9M9 11V5h6v6",
    "down": "m5 9 7 7 7-7",
    "download": "M12 4v11m-5-4 5 5 5-5M4 20h16",
    "edit": "m4 20 1-5L16 4l4 4L9 19zM14 6l4 4",
    "filter": "M4 5h16l-6 8v6l-4-2v-4z",
    "globe": _CLOCK + "M3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
    "hand": "M7 12V6a1.5 1.5 0 0 1 3 0v5V4a1.5 1.5 0 0 1 3 0v7V5a1.5 1.5 0 0 1 3 0v7V8a1.5 1.5 0 0 1 3 0v6c0 4-2 7-6 7-3 0-4-1-6-4l-3-4c1-1.5 2-1 3-1z",  # noqa: E501 - one path
    "home": "m3 11 9-8 9 8M5 9v11h14V9M10 20v-6h4v6",
    "info": _CLOCK + "M12 11v5M12 8v.01",
    "key": _circle(8, 15, 4) + "M11 12l9-9M16 7l3 3",
    "left": "M20 12H4m6-7-7 7 7 7",
    "lock": _box(5, 11, 14, 10) + "M8 11V8a4 4 0 0 1 8 0v3",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "message": "M4 5h16v11H10l-5 4v-4H4z",
    "mute": _SPEAKER + "M17 10l4 4M21 10l-4 4",
    "note": "M5 3h14v12l-5 6H5zM14 21v-6h5M9 8h6M9 12h4",
    "offline": "M3 3l18 18M5 12c1-1 2.5-2 4-2.5M2 8.5C3.5 7 5 6.2 7 5.5M12 5c4 0 7.5 1.3 10 3.5M15 10c1.5.5 3 1.2 4 2M9 16c2-1.5 4-1.5 6 0M12 20v.01",  # noqa: E501 - one path
    "pause": "M8 5v14M16 5v14",
    "people": _circle(9, 8, 4) + "M2 21c0-4 3-6 7-6s7 2 7 6M16 4.3a4 4 0 0 1 0 7.4M18 15.5c2.5.7 4 2.5 4 5.5",
    "person": _PERSON,
    "pin": "M12 21c5-5 7-8 7-11a7 7 0 0 0-14 0c0 3 2 6 7 11z" + _circle(12, 10, 2.5),
    "play": "m7 4 13 8-13 8z",
    "plus": "M12 4v16M4 12h16",
    "printer": "M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z",
    "repeat": "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
    "right": "M4 12h16m-6-7 7 7-7 7",
    "screen": _box(3, 4, 18, 13) + "M8 21h8M12 17v4",
    "search": _circle(10.5, 10.5, 6.5) + "M20.5 20.5l-5-5",
    "settings": "M4 7h9M19 7h1M4 17h1M11 17h9" + _circle(16, 7, 2.5) + _circle(8, 17, 2.5),
    "sort": "m8 9 4-4 4 4M8 15l4 4 4-4",
    "star": "m12 3 2.7 6 6.5.7-4.9 4.4 1.4 6.5L12 17.3l-5.7 3.3 1.4-6.5L2.8 9.7 9.3 9z",
    "ticket": "M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4zM14 7v2M14 11v2M14 15v2",
    "transfer": "M4 8h15m-4-5 5 5-5 5M20 16H5",
    "travel": _circle(7, 17, 2) + _circle(17, 17, 2) + "M5 17H3v-5l2-6h11l3 6h2v5h-2M9 17h6M4 12h15",
    "trash": "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14",
    "undo": "M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 11h-3",
    "up": "m5 15 7-7 7 7",
}
