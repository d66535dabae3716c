"""Posters of A4 with a QR code: for a site, or straight to one of its queues. As SVG and as PDF, open to anyone."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from smartqueue.kernel.errors import NotFound
from smartqueue.queueing.queries.public import public_queue
from smartqueue.sites.queries import site_by_code
from smartqueue.web.shared.pages import TenantPage

LANGUAGES = ("fr", "wo", "en")
QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""
WIDTH, HEIGHT = 210, 297  # millimetres
CODE_SIDE = 120
mm = 72 / 25.4
"""In points, which reportlab counts in."""
BRAND = "#0b6b50"


@dataclass(frozen=True)
class Poster:
    """What stands on it. `link` is what the code says, and is printed below it."""

    organisation: str
    site: str
    queue: str
    link: str

    @property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """Rows of modules, 1 is dark. Level M: a quarter of the sheet may be dirty or in the shade."""
        return tuple(tuple(row) for row in segno.make(self.link, error="m", micro=False).matrix)

    @property
    def sentences(self) -> list[str]:
        """The same words in every language we speak."""
        said = []
        for language in LANGUAGES:
            with override(language):
                said.append(_("Scan to take your ticket"))
        return said


class PosterPage(TenantPage):
    """`…/poster.svg` and `…/poster.pdf`, of a site or of a queue."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, slug: str, code: str, kind: str, queue_id: UUID | None = None) -> HttpResponse:
        poster = self.poster(code.replace("\0", ""), queue_id)
        if kind == "pdf":
            response = HttpResponse(pdf(poster), content_type="application/pdf")
        else:
            response = HttpResponse(svg(poster), content_type="image/svg+xml")
        response["Content-Disposition"] = f'inline; filename="{self.tenant.slug}-{code}.{kind}"'
        return response

    def poster(self, code: str, queue_id: UUID | None) -> Poster:
        """Raises: NotFound."""
        with self.scope():
            site = site_by_code(code)
            queue = public_queue(queue_id, site_id=site.id) if site and queue_id else None
        if site is None or (queue_id and queue is None):
            raise NotFound
        path = reverse("site", kwargs={"slug": self.tenant.slug, "code": site.code})
        link = self.request.build_absolute_uri(f"{path}?queue={queue.id}" if queue else path)
        return Poster(self.tenant.name, site.name, queue.name if queue else "", link)


def svg(poster: Poster) -> str:
    """A sheet of A4 in millimetres."""
    side = len(poster.matrix) + 2 * QUIET
    return render_to_string(
        "public/poster.svg",
        {
            "poster": poster,
            "path": "".join(f"M{x} {y}h{run}v1h-{run}z" for x, y, run in runs(poster.matrix)),
            "scale": f"{CODE_SIDE / side:.5f}",
            "left": f"{(WIDTH - CODE_SIDE) / 2:g}",
            "width": WIDTH,
            "height": HEIGHT,
            "brand": BRAND,
        },
    )


def runs(matrix: Iterable[Iterable[int]]) -> Iterable[tuple[int, int, int]]:
    """Dark modules as (x, y, how many in a row), quiet zone included."""
    for y, row in enumerate(matrix, QUIET):
        start = 0
        for x, (is_dark, next_dark) in enumerate(_pairs(row), QUIET):
            if is_dark and not start:
                start = x
            if is_dark and not next_dark:
                yield start, y, x - start + 1
                start = 0


def _pairs(row: Iterable[int]) -> Iterable[tuple[int, int]]:
    modules = list(row)
    return zip(modules, [*modules[1:], 0], strict=True)


def pdf(poster: Poster) -> bytes:
    """The same sheet for a printer; reportlab measures from the lower left corner, in points."""
    sheet = BytesIO()
    page = Canvas(sheet, pagesize=(WIDTH * mm, HEIGHT * mm), pageCompression=0, invariant=1)
    page.setTitle(f"{poster.organisation} · {poster.site}")
    page.setFillColor(BRAND)
    _centred(page, poster.organisation, 262, 30, "Helvetica-Bold")
    page.setFillColor("#17201c")
    _centred(page, " · ".join(filter(None, (poster.site, poster.queue))), 248, 20)
    module = CODE_SIDE * mm / (len(poster.matrix) + 2 * QUIET)
    left, top = (WIDTH - CODE_SIDE) / 2 * mm, 232 * mm
    for x, y, run in runs(poster.matrix):
        page.rect(left + x * module, top - (y + 1) * module, run * module, module, stroke=0, fill=1)
    for place, sentence in enumerate(poster.sentences):
        _centred(
            page, sentence, 92 - 16 * place, 26 if not place else 20, "Helvetica-Bold" if not place else "Helvetica"
        )
    page.setFillColor("#4a5852")
    _centred(page, poster.link, 30, 12)
    page.showPage()
    page.save()
    return sheet.getvalue()


def _centred(page: Canvas, words: str, up_mm: float, size: float, font: str = "Helvetica") -> None:
    """A line in the middle, smaller where it would not fit."""
    width = stringWidth(words, font, size)
    fitting = min(size, size * (WIDTH - 30) * mm / width) if width else size
    page.setFont(font, fitting)
    page.drawCentredString(WIDTH / 2 * mm, up_mm * mm, words)
