"""What a wording may contain, and what becomes of it: Liquid with little left in it, plain text in and out."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError, ResourceLimitError

from smartqueue.kernel.errors import Invalid
from smartqueue.notifications.states.variables import Value, samples_of, variables_of

LONGEST_SUBJECT, LONGEST_BODY = 150, 2000
TAGS = frozenset({"if", "unless", "case", "comment"})
"""No loops and no assignments: every value is one word or number, and neither can be made to grow."""
FILTERS = ("append", "at_least", "at_most", "capitalize", "default", "downcase", "minus", "plus", "prepend", "truncate",
           "upcase")  # fmt: skip
_OF_THE_PARSER = frozenset({"content", "output", "illegal"})


class Wordings(Environment):
    """Nothing is loaded, looked up or repeated; what is left is bounded all the same."""

    block_nesting_limit = 5
    context_depth_limit = 8
    loop_iteration_limit = 100
    local_namespace_limit = 1_000
    output_stream_limit = 8_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS | _OF_THE_PARSER}
        self.filters = {name: self.filters[name] for name in FILTERS}


_WORDINGS = Wordings(undefined=StrictUndefined)


class Unreadable(Exception):
    """A wording cannot be used; the words say why, in the reader's language."""


def judge(*, kind: str, subject: str, body: str) -> None:
    """Check that a wording can be read, names only places of its kind, and stays within bounds.

    Raises:
        Invalid: under `subject` and `body`.
    """
    wrong: dict[str, list[str]] = {}
    if not subject.isprintable():  # a line break would begin another e-mail header
        wrong["subject"] = [_("One line of printable characters.")]
    for field, words in (("subject", subject), ("body", body)):
        try:
            fill(kind, words, samples_of(kind))
        except Unreadable as reason:
            wrong.setdefault(field, []).append(str(reason))
    if wrong:
        raise Invalid(**wrong)


def fill(kind: str, words: str, values: Mapping[str, Value]) -> str:
    """A wording with values in its places; places of this kind without a value stay empty.

    Raises:
        Unreadable: it cannot be read, names what does not exist for this kind, or grows beyond bounds.
    """
    known = {one.name for one in variables_of(kind)}
    template = _read(words)
    analysis = template.analyze()
    if strange := [name for name in analysis.filters if name not in FILTERS]:
        said = _("After | there is no {name}. You can use {names}.")
        raise Unreadable(said.format(name=strange[0], names=", ".join(FILTERS)))
    # Every path as it is written: `a.b` is no place either.
    places = [str(path) for paths in analysis.variables.values() for path in paths]
    if unknown := [name for name in places if name not in known]:
        raise Unreadable(_unknown(unknown, [one.place for one in variables_of(kind)]))
    try:
        return template.render(**dict.fromkeys(known, "") | {k: v for k, v in values.items() if k in known})
    except ResourceLimitError:
        raise Unreadable(_("This message would become too long.")) from None
    except LiquidError as error:
        raise Unreadable(_near(words, error)) from None


@lru_cache(maxsize=1_000)
def _parsed(words: str) -> BoundTemplate:
    return _WORDINGS.from_string(words)


def _read(words: str) -> BoundTemplate:
    try:
        return _parsed(words)
    except ResourceLimitError:
        raise Unreadable(_("There are too many conditions inside each other.")) from None
    except (LiquidError, RecursionError, ValueError, OverflowError) as error:
        raise Unreadable(_near(words, error)) from None


def _unknown(names: Sequence[str], places: Sequence[str]) -> str:
    shown = ", ".join(dict.fromkeys(f"{{{{{name}}}}}" for name in names))
    return _("{names} does not exist here. You can use {places}.").format(names=shown, places=", ".join(places))


def _near(words: str, error: Exception) -> str:
    token: Any = getattr(error, "token", None)
    start = token.start_index if token is not None and token.start_index >= 0 else len(words)
    line = words.count("\n", 0, start) + 1
    piece = words[max(0, start - 10) : start + 20].split("\n")[0].strip()
    if not piece:
        return _("Line {line} cannot be read. Does every {{ have its }}, and every if its endif?").replace(
            "{line}", str(line)
        )
    said = _("Line {line} cannot be read near “{piece}”. Write a place as {example}.")
    return said.format(line=line, piece=piece, example="{{ticket_number}}")
