"""Keeps keys out of everything that is written or shown.

A value is taken for a key

    by its place    values of headers, user and password and query of an address, and what stands
                    under a name that says so (``api_key``, ``MY_TOKEN``, ``password``)
    by its look     well-known beginnings (``sk-``, ``ghp_`` ...) and what follows ``Bearer`` or
                    ``Basic``, wherever it stands; in the environment, where names say little, long
                    random strings as well

What stands in such a place is never written (:func:`without_secrets`); every other setting is, as
two runs that ask otherwise must differ, and a commit or a random name may be all they differ in.
What such a value is, is blotted out of every text that comes from outside (:func:`without_keys`):
servers repeat what they were sent, in complaints and in answers. The environment counts whatever
its variables are called; what came in arguments is told with :func:`know`.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from html.entities import html5
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

from handeye.printing import whole_characters

KEPT_OUT = "[not kept]"
"""Stands where a value was that is not written."""
BLOT = "[key]"
"""Stands in a text where a key was."""
SHORTEST = 12
"""Characters that a key has at least: shorter values would riddle a text, and are no keys."""

# In complaints a shorter value goes too, if its name leaves no doubt.
_SHORTEST_NAMED = 6

# Words of a name that say what its value is, whatever stands before them.
_SECRETS = re.compile(
    r"\w*(?:api|access|secret|private|auth|account|session|refresh|bearer|client|signing|encryption|"
    r"subscription|master|licen[cs]e)(?:key|token)s?|\w*passw(?:or[dt]|d)s?|passphrases?|passcode|"
    r"\w*secrets?|credentials?|bearer|authori[sz]ation|jwts?"
)
# Only at the end of a name: SIGNATURE_MODEL and pin_memory are something else.
_LAST_SURE = frozenset({"pin", "psk", "pwd", "cookie", "cookies"})
_LAST = frozenset({"auth", "pass", "pat", "cred", "creds", "sas", "sig", "signature", "keyfile"})
_CLOSERS = frozenset({"code", "data", "header", "json", "raw", "string", "value"})
# What a key or a token is one of: before the word, these leave no doubt ...
_OF_ACCESS = re.compile(
    r"access|account|admin|anthropic|api|app|auth|aws|azure|bearer|bot|client|deploy|encryption|"
    r"gemini|github|gitlab|google|groq|hf|hub|huggingface|id|licence|license|master|mistral|"
    r"oauth|openai|personal|private|refresh|secret|security|service|session|shared|signing|slack|"
    r"ssh|storage|subscription|webhook|xai"
)
# ... and with these it is a word of a model, a place in a table, a name.
_OF_OTHERS = re.compile(
    r"answer|any|assistant|audio|begin|blank|bos|boundary|box|cache|cls|column|completion|"
    r"control|decoder|delim|delimiter|dict|each|end|eos|field|first|forced|foreign|group|hash|"
    r"idempotency|image|index|input|join|label|last|locale|lookup|mask|max|metric|min|name|new|"
    r"newline|next|num|object|order|output|pad|partition|patch|per|placeholder|point|prefix|"
    r"primary|prompt|public|random|reasoning|ref|response|result|rng|routing|row|sampling|score|"
    r"seed|sep|separator|shard|sort|space|special|start|stop|sub|suffix|system|text|think|"
    r"thinking|tool|total|translation|trigger|unique|unk|video|vision|word"
)
# Behind such a word they say that the value is something about a key.
_ABOUT = re.compile(
    r"algorithm|audience|backend|binding|bindings|bits|board|budget|class|column|cost|count|"
    r"counts|dir|directory|domain|enabled|endpoint|expires|expiry|field|file|folder|format|frame|"
    r"frames|helper|host|index|issuer|len|length|limit|limits|location|manager|map|memory|method|"
    r"mode|model|name|names|node|page|path|per|plugin|point|points|policy|port|prefix|price|"
    r"provider|rate|realm|region|required|scope|scopes|separator|shell|size|sock|socket|store|"
    r"strategy|style|suffix|threads|timeout|ttl|type|types|uri|url|usage|user|version|words"
)
_WORDS_OF_A_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Variables that the shell sets.
_SHELLS = frozenset({"PWD", "OLDPWD"})
# Of what stands under these, every value counts; in what is asked the name must be just that.
_HOLDERS = re.compile(
    r"headers?$|(?<![a-z])(?:extra|default)_query$|query_params$|cookies$|auth$|credentials?$|"
    r"secrets$"
)
_HOLDERS_IN_BODY = re.compile(
    r"(?:(?:extra|default|http|custom|request)[_-]?)?headers?|cookies|auth|credentials?|secrets"
)
# Headers that say what is asked of which model, such as anthropic-beta; all others may be keys.
_OF_WHAT_IS_ASKED = re.compile(
    r"accept-language|[a-z0-9-]+-(?:beta|version|model|revision|variant|mode|features?|tier)"
)
# Commits, digests: what is asked may depend on them.
_HASH = re.compile(r"(?:sha256:)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.I)
_OF_HASHES = re.compile(
    r"(?:^|_)(?:sha\d*|commit|rev|revision|hash|digest|checksum|[ug]uid|version|ref|snapshot)(?:_|$)",
    re.I,
)
_BEGINNINGS = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{9,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"hf_\w{16,}|xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-[\w-]{10,}|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[\w-]{20,}|"
    r"eyJ[\w-]{10,}(?:\.[\w-]+)*|gsk_\w{16,}|r8_\w{16,}|pplx-\w{16,}|nvapi-[\w-]{16,}|"
    r"xai-\w{16,}|ya29\.[\w-]{16,}|npm_\w{20,}|pypi-[\w-]{20,}|dop_v1_\w{20,}|"
    r"[sr]k_(?:live|test)_\w{10,}|whsec_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|shp(?:at|ss)_\w{16,}|"
    r"dckr_pat_[\w-]{16,}|gls[ac]_\w{16,}|hvs\.[\w-]{16,}|tvly-[\w-]{16,}|csk-\w{16,}|fw_\w{20,}|"
    r"sess-\w{20,}|lin_api_\w{20,}|ntn_\w{20,}|AGE-SECRET-KEY-\w{16,}|glrt-[\w-]{16,}|"
    r"dp\.(?:pt|st)\.\w{20,}|sq0\w{3}-[\w-]{20,}|EAA\w{30,}|key-[0-9a-f]{32}|jina_\w{30,})"
)
# Behind them no word without a digit: "basic authentication" is none.
_SCHEMES = re.compile(r"\b(bearer|basic)(\s+|%20)(?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}", re.I)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>`]+", re.I)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s\"'<>@]*(?::[^/?#\s\"'<>]*)?@")
_WORDS = re.compile(r"[^\s,;\"'{}()\[\]]+")
# A value in quotes, one up to a semicolon, or a word.
_PAIRS = re.compile(
    r"(?<![\w.-])([\w.-]++)([\"']?\s*[=:]\s*)"
    r"(\"[^\"\n]*\"|'[^'\n]*'|(?<==)[^;=\n\"'{}]+(?=;)|[^\s;,&\"'{}\[\]]+)"
)
# An address without a scheme, as of a proxy: the port tells it from a mail's.
_PROXY = re.compile(
    r"(?<![^\s\"',;=])([^\s:/@\"',;=]+):([^\s\"']+)(?=@(?:[\w.-]+|\[[0-9a-f:]+\]):\d+(?![\w.-]))"
)
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(?=-----END|\Z)", re.S)
_LINES = re.compile(r"(?:\s|\\[nr])+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_WORDLIKE = re.compile(r"[A-Za-z0-9]{10,}")
_HEX = re.compile(r"[0-9a-fA-F-]+")
# A special token of a tokenizer, which is named like a key.
_SPECIAL = re.compile(r"<[^>]*>|\[[^\]]*\]")

# Settings of Inspect's GenerateConfig in which keys may stand.
_WITH_KEYS = ("extra_headers", "extra_body")

_known: set[str] = set()
# Those of them that are keys by place and name, and so may be blotted out of settings as well.
_known_by_name: set[str] = set()


def know(*places: Any) -> None:
    """Take note of the keys in arguments, settings and addresses, for the life of this process."""
    found = _found_in(places)
    _known.update(found)
    _known_by_name.update(key for key, by_name in found.items() if by_name)


def keys_in(*places: Any) -> frozenset[str]:
    """The keys in arguments, settings and addresses: plain values, nested."""
    return frozenset(_found_in(places))


def _found_in(places: Iterable[Any]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for place in places:
        _Sieve(found).sift(place)
    return found


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

    What is there already as this function leaves it is left so. Of the environment only what is a
    key by its place and name is blotted out: other values may be what two runs differ in.
    """
    kept: dict[str, Any] = _Sieve({}, _without_named_keys).sift(values)
    return kept


def _without_named_keys(text: str) -> str:
    keys = {key for key, by_name in _environment_keys(tuple(os.environ.items())).items() if by_name}
    return _without(text, frozenset(keys | (_known & _known_by_name)), SHORTEST)


def settings_without_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of generation as they may be written: keys stand in headers and the body.

    In all others nothing counts but the look: what is asked may speak of passwords.
    """
    apart = {name: settings[name] for name in _WITH_KEYS if name in settings}
    return {**{n: _by_look(value) for n, value in settings.items()}, **without_secrets(apart)}


def _by_look(value: Any) -> Any:
    if isinstance(value, str):
        sieve = _Sieve({})
        return _BEGINNINGS.sub(sieve.part, _SCHEMES.sub(sieve.scheme, value))
    if isinstance(value, Mapping):
        return {name: _by_look(part) for name, part in value.items()}
    return [_by_look(part) for part in value] if isinstance(value, list | tuple) else value


# ---- where keys stand


class _Sieve:
    """Goes through plain values and tells the keys in them from the rest.

    Args:
        found: gets every key, and whether it is one by its place and name.
        last: what else is done to a text in which no key stands.
        looks: whether a word without a name is a key.
    """

    def __init__(
        self,
        found: dict[str, bool],
        last: Callable[[str], str] = str,
        looks: Callable[[str], bool] | None = None,
    ) -> None:
        self._found = found
        self._last = last
        self._looks = looks or _begins

    def take(self, keys: Iterable[str], by_name: bool = True) -> None:
        """Take note of keys; ``by_name`` for those whose place and name leave no doubt."""
        for key in keys:
            if key != KEPT_OUT:
                self._found[key] = self._found.get(key, False) or by_name

    def sift(self, value: Any, *, named: _Kind = "", content: bool = False) -> Any:
        """A value as it may be written.

        Args:
            value: plain values, nested.
            named: what the name says under which it stands.
            content: it is part of what is asked (``extra_body``), where a name must leave no doubt.
        """
        if isinstance(value, Mapping):
            return {
                name: self.sift(
                    part,
                    named=self._named(str(name), part, named, content),
                    content=content or name == "extra_body",
                )
                for name, part in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.sift(part, named=named, content=content) for part in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and named:
            value = str(value)
        if not isinstance(value, str):
            return value
        if not named or value == KEPT_OUT or (named != "sure" and _SPECIAL.fullmatch(value)):
            return value if value == KEPT_OUT else self.text(value, content)
        self.take(_parts(value, _SHORTEST_NAMED), named == "sure" and not _HASH.fullmatch(value))
        return KEPT_OUT

    def _named(self, name: str, part: Any, above: _Kind, content: bool) -> _Kind:
        """What the name of ``part`` says of it, standing in a place of the kind ``above``."""
        kind = _says(name)
        if above and not kind and _OF_WHAT_IS_ASKED.fullmatch(name.lower()):
            plain = isinstance(part, str) and not any(map(_looks, _WORDS.findall(part)))
            return "" if plain else "likely"
        if above or (_HOLDERS_IN_BODY.fullmatch if content else _HOLDERS.search)(name.lower()):
            return "sure" if kind == "sure" or above == "sure" else "likely"
        if isinstance(part, int | float) and not isinstance(part, bool):
            # Counts of tokens are no keys.
            sure = kind == "sure" and name.lower() != "token"
            return kind if sure or (not content and kind and "token" not in name.lower()) else ""
        if kind == "sure":
            # A template's word: <|end|>.
            special = isinstance(part, str) and _SPECIAL.fullmatch(part)
            return "" if name.lower() == "token" and special else "sure"
        if isinstance(part, Mapping) or (content and not (isinstance(part, str) and _looks(part))):
            return ""
        return "" if content and _HASH.fullmatch(str(part)) else kind

    def text(self, value: str, content: bool = False) -> str:
        """A text in no special place: addresses, ``Password=...``, words that look like a key."""
        out = _PEM.sub(self._pem, value)
        out = _SCHEMES.sub(self.scheme, out)
        out = _ADDRESS.sub(lambda address: self._address(address[0], content), out)
        out = _PROXY.sub(self._proxy, out)
        out = _PAIRS.sub(lambda pair: self._pair(*pair.groups(), content=content), out)
        return self._last(_WORDS.sub(lambda word: self._word(word[0]), out))

    def _pem(self, found: re.Match[str]) -> str:
        self.take(line for line in _LINES.split(found[2]) if len(line) >= SHORTEST)
        return found[1] + BLOT

    def scheme(self, found: re.Match[str]) -> str:
        """What stands in the place of a key with its scheme."""
        self.take(_parts(found[0][len(found[1] + found[2]) :]))
        return f"{found[1]}{found[2]}{BLOT}"

    def _proxy(self, found: re.Match[str]) -> str:
        user, password = found[1], found[2]
        if BLOT in found[0] or "://" in found[0]:
            return found[0]
        for one in (password, unquote(password)):
            self.take({*_parts(one, _SHORTEST_NAMED), *_parts(f"{user}:{one}")})
        return BLOT

    def _pair(self, name: str, sign: str, value: str, *, content: bool) -> str:
        kind, bare = _says(name), value.strip("\"'").strip()
        short = len(bare) < _SHORTEST_NAMED and not (kind == "sure" and "=" in sign)
        doubtful = content and (kind != "sure" or name.lower() == "token") and not _looks(bare)
        if not kind or short or doubtful or not bare or bare == BLOT or _is_path(bare):
            return f"{name}{sign}{value}"
        self.take(_parts(bare, _SHORTEST_NAMED), kind == "sure" and not _HASH.fullmatch(bare))
        return f"{name}{sign}{BLOT}"

    def _word(self, word: str) -> str:
        # A commit is no key, and what is asked may depend on it; a path has long names as well.
        if "/" in word or _HEX.fullmatch(word) or not self._looks(word):
            return _BEGINNINGS.sub(self.part, word)
        self.take([word], _begins(word))
        return BLOT

    def part(self, found: re.Match[str]) -> str:
        """What stands in the place of a word, or a piece of one, that begins like a key.

        A beginning alone says little there: names of models and folders have it as well.
        """
        if not any(map(_mixed, _WORDLIKE.findall(found[0]))):
            return found[0]
        self.take([found[0]])
        return BLOT

    def _address(self, url: str, content: bool) -> str:
        """An address without user, password, the values of its query, and keys in its path."""
        try:
            parts = urlsplit(url)
            user, password = parts.username or "", parts.password or ""
        except ValueError:
            return url
        for one in (password, unquote(password)):
            self.take(_parts(one, _SHORTEST_NAMED))
        for one in (user, f"{user}:{password}", f"{unquote(user)}:{unquote(password)}"):
            self.take(_parts(one) if user else ())
        for part in filter(self._looks, parts.path.split("/")):
            self.take([part], _begins(part))
            url = url.replace(part, BLOT)
        head, mark, query = _USER_INFO.sub(f"{BLOT}@", url).partition("?")

        def pair(found: re.Match[str]) -> str:
            kind, value = _says(found[1]), found[2]
            # In what is asked, a query may be a part of it.
            if content and not kind and not _begins(value):
                return found[0]
            for one in (value, unquote_plus(value)):
                self.take(_parts(one), kind == "sure" and not _HASH.fullmatch(one))
            return f"{found[1]}={BLOT}"

        return head + mark + re.sub(r"([^&=#]*)=([^&#]+)", pair, query)


_Kind = Literal["", "likely", "sure"]


@lru_cache(maxsize=4096)
def _says(name: str) -> _Kind:
    """Whether a name says that its value is a key."""
    words = [word.lower() for word in _WORDS_OF_A_NAME.findall(name)]
    best: _Kind = ""
    for at, word in enumerate(words):
        before, behind = words[at - 1] if at else "", words[at + 1 :]
        kind: _Kind = ""
        of_access = _OF_ACCESS.fullmatch(before)
        if word in ("key", "token") or (word in ("keys", "tokens") and of_access):
            alone = word == "token" and len(words) == 1
            if not _OF_OTHERS.fullmatch(before):
                kind = "sure" if alone or of_access else "likely"
        elif _SECRETS.fullmatch(word) or (before == "pass" and _SECRETS.fullmatch(before + word)):
            kind = "sure"
        elif all(one.isdigit() or one in _CLOSERS for one in behind):
            kind = "sure" if word in _LAST_SURE else "likely" if word in _LAST else ""
        if not kind or any(map(_ABOUT.fullmatch, behind)):
            continue
        best = "sure" if "sure" in (kind, best) else kind
    return best


def _begins(text: str) -> bool:
    """Whether a word begins like a key of a well-known kind."""
    return bool(_BEGINNINGS.fullmatch(text))


def _looks(text: str) -> bool:
    """Whether a word looks like a key: a well-known beginning, or long and random.

    Random is a run of 16 letters and digits or more that changes between lower case, upper case and
    digits at every fourth character or oftener, and holds no word: names of models and dates do
    not. Of hexadecimal digits it takes 32, with nothing beside them. Base64 with slashes takes 32
    characters, and a change at every third.
    """
    if _begins(text):
        return True
    if _HEX.fullmatch(text):
        return len(text) >= 32 and any(c.isdigit() for c in text)
    if "/" in text and _BASE64.fullmatch(text):
        run = re.sub(r"[+/=]", "", text)
        holds_word = re.search(r"[a-z]{7}", run)
        return any(c.isdigit() for c in run) and _changes(run) >= len(run) / 3 and not holds_word
    return any(map(_random, _RUN.findall(text)))


def _random(run: str) -> bool:
    holds_word = re.search(r"[a-z]{7}|[A-Z]{7}", run)
    has_digit = any(c.isdigit() for c in run)
    often = _changes(run) >= len(run) / 4
    return has_digit and often and not _HEX.fullmatch(run) and not holds_word


def _changes(run: str) -> int:
    """How often letters and digits change between lower case, upper case and digits."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in run]
    return sum(a != b for a, b in pairwise(kinds))


def _mixed(run: str) -> bool:
    """Whether letters and digits change oftener than in words, dates and names with a number."""
    return any(c.isdigit() for c in run) and not re.fullmatch(r"[A-Z]?[a-z]+\d+", run)


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


def _of_environment(environ: Mapping[str, str]) -> dict[str, bool]:
    """The keys in an environment, and whether each is one by its place and name."""
    found: dict[str, bool] = {}
    sieve = _Sieve(found, looks=_looks)
    for name, value in environ.items():
        if len(value) < _SHORTEST_NAMED or _is_path(value) or name.upper() in _SHELLS:
            continue
        kind: _Kind = _says(name) or ("likely" if _HOLDERS.search(name.lower()) else "")
        if value.lstrip().startswith(("{", "[")):
            sieve.sift(_json(value), named=kind)
        elif kind and not _ADDRESS.search(value):
            sure = kind == "sure"
            by_name = sure or (_looks(value) and not _HASH.fullmatch(value))
            sieve.take(_parts(value, _SHORTEST_NAMED if sure else SHORTEST), by_name)
            _Sieve(found).text(value)
        elif not (_OF_HASHES.search(name) and _HASH.fullmatch(value)):
            sieve.text(value)
            words = _WORDS.findall(value)
            words += [re.split(r"[=:]", word, maxsplit=1)[-1] for word in words]
            sieve.take((word for word in words if _looks(word)), by_name=False)
    return found


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
    return _without(text, frozenset(keys), shortest)


@lru_cache(maxsize=8)
def _environment_keys(items: tuple[tuple[str, str], ...]) -> dict[str, bool]:
    return _of_environment(dict(items))


# ---- finding a key in whatever form


def _without(text: str, keys: frozenset[str], shortest: int) -> str:
    """A text without keys of so many characters."""
    if not (wanted := _looked_for(keys, shortest)):
        return text
    lower, plain = text.lower(), _plain(text)
    # To look for one plain form after the other is fast, and mostly none is there.
    there = tuple(form for form, small, bare in wanted if small in lower or bare in plain)
    return _finder(there).sub(BLOT, text) if there else text


@lru_cache(maxsize=8)
def _looked_for(keys: frozenset[str], shortest: int) -> tuple[tuple[str, str, str], ...]:
    """Forms of the keys, the longest first: as they are, in lower case, and with nothing quoted."""
    forms = {form for key in keys if len(key) >= shortest for form in _forms(key)}
    plain = {form: _plain(form) for form in forms}
    # Quoted, a part of a key may be longer than the whole.
    ordered = sorted(forms, key=lambda form: (-len(plain[form]), -len(form), form))
    return tuple((form, form.lower(), plain[form]) for form in ordered)


@lru_cache(maxsize=64)
def _finder(forms: tuple[str, ...]) -> re.Pattern[str]:
    """What finds these forms, as they are or with any of their characters quoted."""
    equal: dict[str, list[str]] = {}
    for form in forms:
        equal.setdefault(_plain(form), []).append(form)
    both: list[str] = []
    for same in equal.values():
        # The shortest are the least quoted: a key, and what is left where it came quoted itself.
        both += [*map(re.escape, same), *map(_anyhow, sorted(same, key=len)[:2])]
    return re.compile("|".join(both), re.IGNORECASE)


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


_QUOTED = re.compile(
    r"(?<!\\)\\++(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|[nrtbf])|((?:%[0-9a-f]{2})+)|"
    r"&#x0*([0-9a-f]{1,6});|&#0*([0-9]{1,7});|(&[a-z][a-z0-9]{0,31};)|<br\s*/?>",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(r"[\s\\+]+")
# Quoting of quoted text goes no deeper than this.
_DEEPEST = 5


def _plain(text: str) -> str:
    """A text with all quoting undone, in one case and without space: only to be looked in."""
    for _ in range(_DEEPEST):
        if not any(sign in text for sign in "\\%&<"):  # every quoting begins with one
            break
        out = _QUOTED.sub(_unquoted, text)
        if out == text:
            break
        text = out
    text = whole_characters(text)
    return _LEFT_OUT.sub("", text).casefold()


def _unquoted(found: re.Match[str]) -> str:
    short, long, byte, percent, hexadecimal, decimal, name = found.groups()
    if percent:
        return bytes.fromhex(percent.replace("%", "")).decode("utf-8", "replace")
    if name:
        return html.unescape(name)
    digits = short or long or byte or hexadecimal
    number = int(digits, 16) if digits else int(decimal) if decimal else 0
    return chr(number) if 0 < number <= 0x10FFFF else ""


# Runs are counted, so that no text takes long: quoting of quoted text is not deeper than this.
# What stands before what is quoted, however deep, in JSON, addresses and HTML.
_SLASH = r"(?:\\|%(?:25){0,5}+5c)"
_PERCENT = r"%(?:25){0,5}+"
_AND = r"&(?:amp;){0,5}+"
_LINE = (
    rf"[\r\n]|(?:{_PERCENT}|{_SLASH}{{1,64}}+[ux](?:00)?)0[ad]|"
    rf"{_AND}#(?:1[03]|x0{{0,8}}[ad]);|<br\s*/?>"
)
# Between two characters: a line that was broken. Before a backslash that is a key's own, "\n" may
# be a part of the key.
_BREAK = rf"(?:[ \t]{{0,200}}+(?:{_LINE}|{_SLASH}{{1,64}}+[rn])[ \t]{{0,200}}+){{0,8}}+"
_BREAK_BEFORE_SLASH = rf"(?:[ \t]{{0,200}}+(?:{_LINE})[ \t]{{0,200}}+){{0,8}}+"
_SPACE = (
    rf"(?:\s|\+|{_PERCENT}(?:20|0[9ad])|{_SLASH}{{1,64}}+(?:[nrt]|[ux](?:00)?(?:20|0[9ad]))|"
    rf"{_AND}(?:#(?:x0{{0,8}}(?:20|[9ad])|0{{0,8}}(?:32|9|1[03]))|nbsp|Tab|NewLine);|<br\s*/?>){{1,64}}+"
)
# In the middle of a run of slashes nothing begins that does not at its start.
_BEGIN = rf"(?:(?<!\\)(?<!%5c)|(?!{_SLASH}))"
_OWN_SLASHES = (
    rf"(?:{_SLASH}{{1,64}}+[ux](?:00)?5c|{_SLASH}(?!u[0-9a-f]{{4}})|"
    rf"{_AND}(?:#(?:x0{{0,8}}5c|0{{0,8}}92)|bsol);){{1,256}}+"
)


@lru_cache(maxsize=512)
def _anyhow(form: str) -> str:
    """A pattern for a text of which any character may be quoted, and lines may be broken.

    Quoted as in addresses, JSON (also of JSON) and Python, HTML; once, or again and again.
    """
    pattern, spaced = _BEGIN, True
    for piece in re.findall(r"\s+|\\+|[^\s\\]", form):
        if piece.isspace():
            pattern, spaced = pattern + _SPACE, True
            continue
        own = piece[0] == "\\"
        between = "" if spaced else _BREAK_BEFORE_SLASH if own else _BREAK
        pattern += between + (_OWN_SLASHES if own else _character(piece))
        spaced = False
    return pattern


@lru_cache(maxsize=4096)
def _character(c: str) -> str:
    data, number = c.encode("utf-8", "surrogatepass"), ord(c)
    units = c.encode("utf-16-be", "surrogatepass").hex()
    percent = "%(?:25){0,5}" if c == "%" else _PERCENT
    # In capitals, some letters are two.
    plain = {c, *(one.casefold() for one in (c.upper(), c.casefold()) if len(one) > 1)}
    once = [
        "".join(f"{percent}{byte:02x}" for byte in data),
        rf"{_AND}#(?:0{{0,8}}{number}|x0{{0,8}}{number:x});",
        *(_AND + name for name in sorted(_entities().get(c, ()))),
        *(["&(?:amp;){0,5}+"] if c == "&" else map(re.escape, sorted(plain))),
    ]
    runs = rf"{_SLASH}{{1,64}}+"
    ways = [
        "".join([f"{runs}u{units[at : at + 4]}" for at in range(0, len(units), 4)]),
        rf"{runs}U{number:08x}",
        *([rf"{runs}x{number:02x}"] if number < 256 else []),
        rf"{_SLASH}{{0,64}}+(?:{'|'.join(once)})",
    ]
    # The first way that fits is taken for good: to try them all again would take forever.
    return f"(?>{'|'.join(ways)})"


@cache
def _entities() -> dict[str, set[str]]:
    """Names of characters in HTML, in small letters, with their semicolons."""
    found: dict[str, set[str]] = {}
    for name, character in html5.items():
        if name.endswith(";") and character != "&":
            found.setdefault(character, set()).add(name.lower())
    return found
