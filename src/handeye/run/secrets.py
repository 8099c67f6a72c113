"""Keeps keys out of everything that is written or shown.

A value is taken for a key

    by its place    values of headers, user and password and query of an address, and what stands
                    under a name that says so (``api_key``, ``MY_TOKEN``, ``password``)
    by its look     well-known beginnings (``sk-``, ``ghp_`` ...), and long random strings

What stands in such a place is never written (:func:`without_secrets`). What such a value is, is
blotted out of every text that comes from outside (:func:`without_keys`): servers repeat what they
were sent, in complaints and in answers. The environment counts whatever its variables are called;
what came in arguments is told with :func:`know`.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

KEPT_OUT = "[not kept]"
"""Stands where a value was that is not written."""
BLOT = "[key]"
"""Stands in a text where a key was."""
SHORTEST = 12
"""Characters that a key has at least: shorter values would riddle a text, and are no keys."""

# In complaints a shorter value goes too, if its name leaves no doubt.
_SHORTEST_NAMED = 6
_NAMED_FOR_SURE = re.compile(r"(?:_|^)(?:API_?KEY|TOKEN|SECRET|ACCESS_KEY|PASSWORD)$", re.I)
_NAMES = re.compile(
    r"key|token|secret|passw|passphrase|credential|bearer|authori[sz]|cookie|login|"
    r"(?<![a-z])(?:auth|pass|pwd|pat|creds?|jwt|sas|sig|signature|pin|psk)(?![a-z])"
)
# Names with such a word that mean something else.
_OTHER_NAMES = re.compile(r"^(?:old)?pwd$|tokeni[sz]|keyboard|keyword|keyframe|keymap|monkey")
# Of what stands under these, every value counts.
_HOLDERS = re.compile(
    r"headers?$|(?<![a-z])(?:extra|default)_query$|query_params$|cookies$|auth$|credentials?$|"
    r"secrets$"
)
_BEGINNINGS = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{9,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"hf_\w{16,}|xox[abeprs]-[\w-]{10,}|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[\w-]{20,}|"
    r"eyJ[\w-]{10,}(?:\.[\w-]+)*|gsk_\w{16,}|r8_\w{16,}|pplx-\w{16,}|nvapi-[\w-]{16,}|"
    r"xai-\w{16,}|ya29\.[\w-]{16,}|npm_\w{20,}|pypi-[\w-]{20,}|dop_v1_\w{20,})"
)
# Behind them no word without a digit: "basic authentication" is none.
_SCHEMES = re.compile(r"\b(bearer|basic)(\s+|%20)(?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}", re.I)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>`]+", re.I)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s\"'<>@]*(?::[^/?#\s\"'<>]*)?@")
_WORDS = re.compile(r"[^\s,;\"'{}()\[\]]+")
_PAIRS = re.compile(r"([\w.-]+)(\s*[=:]\s*)([^\s;,&\"'{}\[\]]{6,})")
_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_HEX = re.compile(r"[0-9a-fA-F-]+")
# A special token of a tokenizer, which is named like a key.
_SPECIAL = re.compile(r"<[^>]*>|\[[^\]]*\]")

# Settings of Inspect's GenerateConfig in which keys may stand.
_WITH_KEYS = ("extra_headers", "extra_body")

_known: set[str] = set()


def know(*places: Any) -> None:
    """Take note of the keys in arguments, settings and addresses, for the life of this process."""
    _known.update(keys_in(*places))


def keys_in(*places: Any) -> frozenset[str]:
    """The keys in arguments, settings and addresses: plain values, nested."""
    found: set[str] = set()
    for place in places:
        _Sieve(found).sift(place)
    return frozenset(found)


def known() -> frozenset[str]:
    """Keys that were taken note of: for a process of ours that is to keep them out too."""
    return frozenset(_known)


def remember(keys: Iterable[str]) -> None:
    """Take over what :func:`known` gave in another process."""
    _known.update(keys)


def without_keys(
    text: str, more: Iterable[str | None] = (), environ: Mapping[str, str] | None = None
) -> str:
    """A complaint, an error, a note without keys: ``[key]`` stands where one was.

    Whatever follows ``Bearer`` or ``Basic``, begins like a key of a well-known kind or is the user
    of an address goes too, known or not.

    Args:
        text: anything that came from outside.
        more: keys that are known from elsewhere.
        environ: where keys are looked up; the process environment by default.
    """
    text = _blotted(text, _SHORTEST_NAMED, more, environ)
    text = _SCHEMES.sub(rf"\1\2{BLOT}", _USER_INFO.sub(f"{BLOT}@", text))
    return _BEGINNINGS.sub(BLOT, text)


def without_known_keys(text: str, environ: Mapping[str, str] | None = None) -> str:
    """An answer without the keys that are known: no other word of a model is touched."""
    return _blotted(text, SHORTEST, (), environ)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` as they may be written: ``"[not kept]"`` where keys stand, however deep.

    What is there already as this function leaves it is left so.
    """
    kept: dict[str, Any] = _Sieve(set(), without_known_keys).sift(values)
    return kept


def settings_without_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of generation as they may be written: keys stand in headers and the body alone."""
    apart = {name: settings[name] for name in _WITH_KEYS if name in settings}
    return {**settings, **without_secrets(apart)}


# ---- where keys stand


class _Sieve:
    """Goes through plain values and tells the keys in them from the rest.

    Args:
        found: gets every key.
        last: what else is done to a text in which no key stands.
    """

    def __init__(self, found: set[str], last: Callable[[str], str] = str) -> None:
        self._found = found
        self._last = last

    def sift(self, value: Any, *, named: bool = False, content: bool = False) -> Any:
        """A value as it may be written.

        Args:
            value: plain values, nested.
            named: it stands where keys stand.
            content: it is part of what is asked (``extra_body``), where short texts and numbers
                under such a name are no keys: ``stop_token``.
        """
        if isinstance(value, Mapping):
            return {
                name: self.sift(
                    part,
                    named=named or _holds(str(name)) or (_says(str(name)) and _may_be(name, part)),
                    content=content or name == "extra_body",
                )
                for name, part in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.sift(part, named=named, content=content) for part in value]
        if isinstance(value, int) and not isinstance(value, bool) and named and not content:
            value = str(value)
        if not isinstance(value, str):
            return value
        if not named or (content and len(value) < 8) or _SPECIAL.fullmatch(value):
            return value if value == KEPT_OUT else self.text(value)
        self._found |= _parts(value, _SHORTEST_NAMED)
        return KEPT_OUT

    def text(self, value: str) -> str:
        """A text in no special place: addresses, ``Password=...``, words that look like a key."""
        out = _ADDRESS.sub(lambda address: self._address(address[0]), value)
        out = _PAIRS.sub(lambda pair: self._pair(*pair.groups()), out)
        return self._last(_WORDS.sub(lambda word: self._word(word[0]), out))

    def _pair(self, name: str, sign: str, value: str) -> str:
        if not _says(name) or _is_path(value):
            return f"{name}{sign}{value}"
        self._found |= _parts(value, _SHORTEST_NAMED)
        return f"{name}{sign}{BLOT}"

    def _word(self, word: str) -> str:
        # A commit is no key, and what is asked may depend on it; a path has long names as well.
        if "/" in word or _HEX.fullmatch(word) or not _looks(word):
            return word
        self._found.add(word)
        return BLOT

    def _address(self, url: str) -> str:
        """An address without user, password, the values of its query, and keys in its path."""
        try:
            parts = urlsplit(url)
            user, password = parts.username or "", parts.password or ""
        except ValueError:
            return url
        for one in (password, unquote(password)):
            self._found |= _parts(one, _SHORTEST_NAMED)
        for one in (user, f"{user}:{password}", f"{unquote(user)}:{unquote(password)}"):
            self._found |= _parts(one) if user else set()
        pairs = [pair.partition("=")[2] for pair in parts.query.split("&")]
        for value in (*pairs, *map(unquote_plus, pairs)):
            self._found |= _parts(value)
        for part in filter(_looks, parts.path.split("/")):
            self._found.add(part)
            url = url.replace(part, BLOT)
        head, mark, query = _USER_INFO.sub(f"{BLOT}@", url).partition("?")
        return head + mark + re.sub(r"=[^&#]+", f"={BLOT}", query)


def _may_be(name: Any, part: Any) -> bool:
    """Whether what stands under a name of a key can be one: counts of tokens are none."""
    if isinstance(part, int) and not isinstance(part, bool):
        return "token" not in str(name).lower()
    return not isinstance(part, Mapping)


def _says(name: str) -> bool:
    """Whether a name says that its value is a key."""
    lower = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return bool(_NAMES.search(lower)) and not _OTHER_NAMES.search(lower)


def _holds(name: str) -> bool:
    return bool(_HOLDERS.search(name.lower()))


def _looks(text: str) -> bool:
    """Whether a word looks like a key: a well-known beginning, or long and random.

    Random is a run of 16 letters and digits or more that changes between lower case, upper case and
    digits at every fourth character or oftener, and holds no word: names of models and dates do
    not. Of hexadecimal digits it takes 32, with nothing beside them.
    """
    if _BEGINNINGS.fullmatch(text):
        return True
    if _HEX.fullmatch(text):
        return len(text) >= 32 and any(c.isdigit() for c in text)
    return any(map(_random, _RUN.findall(text)))


def _random(run: str) -> bool:
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in run]
    changes = sum(a != b for a, b in pairwise(kinds))
    holds_word = re.search(r"[a-z]{7}|[A-Z]{7}", run)
    return "d" in kinds and not _HEX.fullmatch(run) and changes >= len(run) / 4 and not holds_word


def _parts(value: str, shortest: int = SHORTEST) -> set[str]:
    """A key, and what of it may stand alone: behind ``Bearer``, ``X-Key:`` or in a Basic header."""
    found = {value}
    for word in _WORDS.findall(value):
        found |= {word, *re.split(r"[=:]", word, maxsplit=1)[1:]}
        if ":" in (pair := _decoded(word)):
            found |= {pair, pair.partition(":")[2]}
    return {one for one in found if len(one) >= (shortest if one == value else SHORTEST)}


def _decoded(word: str) -> str:
    """What a Basic header says; empty where it is none."""
    try:
        text = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text if text.isprintable() else ""


def _of_environment(environ: Mapping[str, str]) -> frozenset[str]:
    found: set[str] = set()
    sieve = _Sieve(found)
    for name, value in environ.items():
        if len(value) < _SHORTEST_NAMED or _is_path(value):
            continue
        named = _says(name) or _holds(name)
        if value.lstrip().startswith(("{", "[")):
            sieve.sift(_json(value), named=named)
        elif named and not _ADDRESS.search(value):
            found |= _parts(value, _SHORTEST_NAMED if _NAMED_FOR_SURE.search(name) else SHORTEST)
        else:
            sieve.text(value)
            words = (re.split(r"[=:]", word, maxsplit=1)[-1] for word in _WORDS.findall(value))
            found.update(word for word in words if _looks(word))
    return frozenset(one for one in found if one != KEPT_OUT)


def _is_path(value: str) -> bool:
    """Whether a value is a file or folder: a key may begin with a slash as well."""
    if not value.startswith(("/", "~/", "./", "../")):
        return False
    try:
        path = Path(value).expanduser()
        return (path.parent != Path("/") and path.parent.exists()) or path.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _blotted(
    text: str, shortest: int, more: Iterable[str | None], environ: Mapping[str, str] | None
) -> str:
    env = os.environ if environ is None else environ
    keys = {*_known, *_environment_keys(tuple(env.items()))}
    keys.update(key for key in more if key)
    forms, pattern = _pattern(frozenset(keys), shortest)
    lower = text.lower()
    # One form after the other is looked for faster than the pattern, and mostly none is there.
    return pattern.sub(BLOT, text) if any(form in lower for form in forms) else text


@lru_cache(maxsize=8)
def _environment_keys(items: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return _of_environment(dict(items))


@lru_cache(maxsize=8)
def _pattern(keys: frozenset[str], shortest: int) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Every form in which servers give keys of so many characters, and what finds them."""
    forms = {form for key in keys if len(key) >= shortest for form in _forms(key)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
    return tuple({form.lower() for form in forms}), pattern


def _forms(key: str) -> set[str]:
    """A key as it is, quoted for addresses, JSON and HTML, and inside of base64."""
    forms = {
        *(key, quote(key, safe=""), quote_plus(key), unquote(key)),
        *(json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1]),
        *(html.escape(key), repr(key)[1:-1]),
    }
    data = key.encode("utf-8", "surrogatepass")
    if len(data) >= SHORTEST:
        # Whatever stands before and behind it (a user, a scheme), these characters are its own.
        for before in range(3):
            text = base64.b64encode(bytes(before) + data).decode()
            own = text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
            forms |= {own, own.replace("+", "-").replace("/", "_")}
    # No sign of its own can be left of a key that was unquoted to next to nothing.
    return {form for form in forms if len(form) >= min(len(key), SHORTEST)}
