"""Why a request failed, in one line for people, and whether asking again can help.

The line has what the server said (the body), the innermost cause of what never reached a server,
and the address that was asked; keys are blotted out. Knows exceptions and bodies by their looks,
nothing of single providers.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from handeye.printing import one_line, whole_characters
from handeye.run.http import Exchange
from handeye.run.secrets import without_keys

# Refusals in a row that no repetition heals (key, money, model) until a run stops.
HANDFUL = 5
_LONGEST = 500
_LONGEST_BODY = 300
# No key, no money, not allowed, not there, elsewhere: the next request would be told the same.
_HOPELESS_STATUS = frozenset(
    {*(301, 302, 303, 307, 308), *(401, 402, 403, 404, 405, 407, 410), *(501, 511)}
)
# Too much for the server at present, whatever is asked.
_BUSY_STATUS = frozenset({429, 503, 529})
_HOPELESS_CODES = frozenset(
    {
        *("insufficient_quota", "billing_hard_limit_reached", "billing_not_active"),
        *("insufficient_balance", "insufficient_credits", "account_deactivated"),
        *("invalid_api_key", "incorrect_api_key", "api_key_invalid", "authentication_error"),
        *("model_not_found", "invalid_model", "unknown_model", "model_not_exist"),
    }
)
# The same in the words of servers whose status or code says less. "Exceeded your quota" alone may
# be a limit per minute and is not among them.
_HOPELESS_WORDS = re.compile(
    r"insufficient[ _](?:quota|balance|credits?|funds)|credit balance is too low|"
    r"api[ -]key (?:is )?not valid|"
    r"model\b.{0,80}?\b(?:does not exist|not exist|not found|is not available to)|"
    r"(?:unknown|no such|invalid) model\b",
    re.IGNORECASE | re.DOTALL,
)
# Servers that take no tools, in their words: Ollama, vLLM, OpenRouter, llama.cpp, TGI.
_NO_TOOLS = re.compile(
    r"(?:not|n't) support (?:tools?|function)|tool[ _]choice.{0,40} requires --|"
    r"tools? (?:param|use|calling|calls?)?.{0,20}(?:requires --jinja|(?:is |are )?not supported)|"
    r"no endpoints found that support tool|grammar is not supported",
    re.IGNORECASE,
)
_WITHOUT_TOOLS = "; it takes no tools natively: tell it of them in words"
# Exceptions of a set-up that no repetition mends: address, proxy, header, certificate, package.
_HOPELESS_TYPES = frozenset(
    {
        *("UnsupportedProtocol", "InvalidURL", "UnicodeEncodeError", "ImportError"),
        *("SSLCertVerificationError", "TooManyRedirects"),
    }
)
_UNREACHABLE_TYPES = frozenset(
    {
        *("ConnectionRefusedError", "gaierror", "ConnectError", "ConnectTimeout", "ProxyError"),
        *("SSLError", "ClientConnectorError"),
    }
)
# The provider's filter stopped a picture, a prompt or an answer: a refusal, not a fault.
_FILTERED_CODES = frozenset(
    {
        *("content_filter", "content_filtered", "content_policy_violation", "safety"),
        *("responsibleaipolicyviolation", "data_inspection_failed", "datainspectionfailed"),
        *("guardrail_intervened", "contentfilter", "contentpolicyviolationerror"),
    }
)
_FILTERED_STATUS = frozenset({None, 200, 400, 403, 422, 451})
_OF_CONTENT = r"content[ _-]?(?:filter\w*|management|policy|moderation)"
_BLOCKS = r"(?:violat|trigger|flagg|block|filtered|reject)\w*"
_FILTERED_WORDS = re.compile(
    rf"ContentPolicyViolation|{_OF_CONTENT}.{{0,80}}?\b{_BLOCKS}|\b{_BLOCKS}.{{0,80}}?{_OF_CONTENT}",
    re.IGNORECASE | re.DOTALL,
)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body)", re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request has no answer.

    Attributes:
        reason: one line, without keys.
        hopeless: no request can be answered as things stand (key, money, model, address).
        unreachable: nobody listens at the address; a server that was there before may come back.
        status: of HTTP, or the one that a body names where HTTP said 200.
        filtered: the provider's content filter stopped it: no fault, the request was refused.
        page: a page came in the place of a completion. Of one request that is an odd answer; a
            sign-in comes to all of them.
    """

    reason: str
    hopeless: bool = False
    unreachable: bool = False
    status: int | None = None
    filtered: bool = False
    page: bool = False

    @property
    def busy(self) -> bool:
        """Whether the server has too much to do, which is no matter of the question."""
        return self.status in _BUSY_STATUS

    @property
    def down(self) -> bool:
        """Whether the server or the way to it failed, which may be a matter of the question."""
        return self.unreachable or (self.status is not None and self.status >= 500)


CHECK = "Check the model's name, the key and the server"
"""What to do when a model on a server gives no answer."""


class Patience:
    """Counts what fails without an answer between, and says when to go on no more.

    Args:
        most: failures of any kind in a row before the first answer, or of the server at any time.
        alone: the first request goes alone, so its failure speaks for the others.
        earlier: an earlier start got answers, so some items may fail where others do not.
        advice: what to do when it is over.
    """

    def __init__(self, most: int, alone: bool, earlier: bool = False, advice: str = CHECK) -> None:
        self._most, self._alone, self._earlier, self._advice = most, alone, earlier, advice
        self._answered = False
        self._failed = self._refused = self._busy = self._down = self._pages = 0

    def answered(self) -> None:
        """An answer arrived."""
        self._answered = True
        self._failed = self._refused = self._busy = self._down = self._pages = 0

    @property
    def in_doubt(self) -> bool:
        """Whether nothing but pages came so far: the next request, too, had better go alone."""
        return not self._answered and 0 < self._failed == self._pages

    def failed(self, failure: Failure) -> str | None:
        """A request failed; why the run should stop, or None where it may go on."""
        self._failed += 1
        self._refused += failure.hopeless
        self._busy += failure.busy
        self._down += failure.down
        self._pages += failure.page
        first = self._alone and not self._answered and self._failed == 1
        if first and (failure.unreachable or (failure.hopeless and not failure.page)):
            how = "the first request failed"
        elif not (self._answered or self._earlier) and self._failed >= self._most:
            how = f"the first {self._failed} requests all failed, the last"
        elif self._refused >= HANDFUL or self._busy >= HANDFUL or self._down >= self._most:
            how = f"{self._failed} requests in a row failed, the last"
        else:
            return None
        kept = "; what arrived is kept" if self._answered or self._earlier else ""
        return (
            f"{how} with: {failure.reason}; stopped{kept}. {self._advice}, then run the same "
            "command again"
        )


def failure_of(
    error: BaseException, heard: Exchange | None = None, keys: Iterable[str | None] = ()
) -> Failure:
    """What an exception of a provider says.

    Args:
        error: as it was raised, by the provider or by the engine after its retries.
        heard: the exchange in which it was raised, if that was noted.
        keys: that are known besides those of the environment.
    """
    error = _provider_error(error)
    chain = list(_causes(error))
    status, body, url = _http(error, heard)
    page = status == 200 and bool(_PAGE.match(_text(body)))
    name, words, said = type(error).__name__, _words(error), told(body, keys)
    where = f" from {address(url)}" if url else ""
    if status == 200:
        status = _status_in(body) or status
        odd = not body or not isinstance(_json(body), dict) or _message(_json(body))
        text = f"no completion{where}: {said or ('an empty page' if page else 'an empty body')}"
        text = text if odd else f"{name}: {words}; {text}"
    elif status is not None:
        text = f"{name}: {status}{where}: {said or words}"
    else:
        text = f"{name}: {words}{f' at {address(url)}{_through(url)}' if url else ''}"
        if _words(chain[-1]) not in text:
            text += f": {type(chain[-1]).__name__}: {_words(chain[-1])}"
    kinds = {kind.__name__ for one in chain for kind in type(one).__mro__}
    refused_tools = _takes_no_tools(status, body, words)
    if refused_tools:
        text = f"{in_a_line(text, keys)[: _LONGEST - len(_WITHOUT_TOOLS)]}{_WITHOUT_TOOLS}"
    if heard is not None and heard.long:
        text += f" (to be asked again in {_hours(heard.wait)})"
    hopeless = (
        bool(_HOPELESS_TYPES & kinds)
        or (heard is not None and heard.long)
        # A page in the place of a completion: a sign-in, or an address that is none of an API.
        or page
        or ("LocalProtocolError" in kinds and "header" in _words(chain[-1]).lower())
        or refused_tools
        or _refused_for_good(status, body, words)
    )
    stopped = _filtered(status, body)
    unreachable = bool(_UNREACHABLE_TYPES & kinds)
    hopeless &= not stopped
    return Failure(in_a_line(text, keys), hopeless, unreachable, status, stopped, page)


def failure_said(
    words: str, heard: Exchange | None = None, keys: Iterable[str | None] = ()
) -> Failure:
    """A response that came back whole and is no answer of the model; ``words`` say why."""
    body = heard.body if heard else b""
    complaint = told(body, keys) if _complains(body) else ""
    where = f" from {address(heard.url)}" if heard and heard.url else ""
    if complaint.rpartition(" (")[0] in words:
        complaint = ""  # the engine has handed it on as the model's text
    text = f"{words}{where}{complaint and f': {complaint}'}"
    status = _status_in(body)
    stopped = _filtered(status or (heard.status if heard else None), body)
    hopeless = not stopped and _refused_for_good(status, body, words)
    return Failure(in_a_line(text, keys), hopeless, status=status, filtered=stopped)


def told(body: bytes | str, keys: Iterable[str | None] = ()) -> str:
    """What a body says to people, shortened and without keys; of an HTML page its text."""
    text = _text(body)
    said = _json(text)
    if said is None:
        if _PAGE.match(text):
            text = html.unescape(_TAGS.sub(" ", text))
    elif isinstance(said, str):
        text = said
    else:
        text = _message(said) or json.dumps(said, ensure_ascii=False)
    # Before it is shortened: half a key is none that could be found.
    return _short(without_keys(_one_line(text), keys), _LONGEST_BODY)


def address(url: str) -> str:
    """A URL without user, password and query."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    return (
        f"{parts.scheme}://{host}{port}{parts.path}" if host else url.partition("?")[0].lstrip("/")
    )


def _provider_error(error: BaseException) -> BaseException:
    """The provider's own exception inside those of the engine."""
    if (attempt := getattr(error, "last_attempt", None)) is not None:
        error = attempt.exception() or error
    if type(error).__name__ == "ModelGenerateError" and error.__cause__ is not None:
        return error.__cause__
    return error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, innermost last."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        behind = found.__context__ if isinstance(found.__context__, OSError) else None
        found = found.__cause__ or behind


def _http(error: BaseException, heard: Exchange | None) -> tuple[int | None, bytes | str, str]:
    """Status, body and address, from the exception where it has them, else as they were heard."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    try:
        body: Any = getattr(response, "text", None)
    except Exception:  # a stream that was not read to its end has none
        body = None
    if not isinstance(body, str) or not body:
        body = getattr(error, "body", None)
        body = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
    url = str(getattr(getattr(error, "request", None), "url", "") or "")
    if heard is None:
        return _int(status), body or "", url
    return _int(status) or heard.status, body or heard.body, url or heard.url


def _text(body: bytes | str) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.0f} hours" if seconds >= 5400 else f"{seconds / 60:.0f} minutes"


def _refused_for_good(status: int | None, body: bytes | str, words: str) -> bool:
    text = _text(body)
    codes = {str(code).lower() for code in _codes(_json(text))}
    if status in _HOPELESS_STATUS or codes & _HOPELESS_CODES:
        return True
    return (
        status is not None
        and 400 <= status < 500
        and bool(_HOPELESS_WORDS.search(f"{told(text)} {words}"))
    )


def _takes_no_tools(status: int | None, body: bytes | str, words: str) -> bool:
    """Whether a server refuses tools, whatever is asked."""
    refuses = status is not None and 400 <= status < 600
    return refuses and bool(_NO_TOOLS.search(f"{told(body)} {words}"))


def _filtered(status: int | None, body: bytes | str) -> bool:
    """Whether a body says that a content filter stopped the request, in its codes or in words."""
    said = _json(body)
    if status not in _FILTERED_STATUS or not isinstance(said, dict | list):
        return False
    named: list[Any] = list(_codes(said))
    for part in _errors(said):
        inner = part.get("innererror")
        named += [inner.get("code")] if isinstance(inner, dict) else []
        details = part.get("metadata")
        if isinstance(details, dict) and ("flagged_input" in details or details.get("reasons")):
            return True  # OpenRouter's moderation, which says 403
        feedback = part.get("promptFeedback") or part.get("prompt_feedback")
        if isinstance(feedback, dict) and {"blockReason", "block_reason"} & set(feedback):
            return True
    if {str(code).lower() for code in named} & _FILTERED_CODES:
        return True
    return bool(_FILTERED_WORDS.search(_message(said)))


def _complains(body: bytes | str) -> bool:
    """Whether a body names an error, at the top or in a choice."""
    said = _json(body)
    return isinstance(said, dict) and bool(_message(said))


def _status_in(body: bytes | str) -> int | None:
    """The HTTP status that a body names as the code of its error."""
    return next((code for code in map(_int, _codes(_json(body))) if code and code >= 400), None)


def _codes(said: Any) -> Iterator[Any]:
    """Codes and types of the error that a body names."""
    for part in _errors(said):
        yield from (part[name] for name in ("code", "type", "status") if part.get(name))


def _errors(said: Any) -> Iterator[dict[str, Any]]:
    """The objects in a body that may describe an error, the most telling first."""
    if isinstance(said, list):
        said = next((one for one in said if isinstance(one, dict)), None)
    if not isinstance(said, dict):
        return
    choices = said.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    for holder in (said, first):
        if isinstance(holder, dict) and isinstance(holder.get("error"), dict):
            yield holder["error"]
    if "choices" not in said or not choices:
        yield said


def _message(said: Any) -> str:
    """The message of the error that a body names, with its code and type; empty without one."""
    if isinstance(said, dict) and isinstance(said.get("error"), str) and said["error"]:
        return str(said["error"])
    for part in _errors(said):
        words = next((part[name] for name in ("message", "detail", "msg") if part.get(name)), None)
        if words is None:
            continue
        if not isinstance(words, str):
            words = json.dumps(words, ensure_ascii=False)
        named = dict.fromkeys(str(part[name]) for name in ("type", "code") if part.get(name))
        return f"{words} ({', '.join(named)})" if named else words
    return ""


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _int(value: Any) -> int | None:
    """A number that may be an HTTP status."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 5:
        value = int(value)
    known = isinstance(value, int) and not isinstance(value, bool) and 100 <= value < 600
    return value if known else None


def _through(url: str) -> str:
    """Words on the proxy of the environment that a request goes through, if there is one."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    try:
        passed = not proxy or not parts.hostname or proxy_bypass(parts.hostname)
    except (OSError, ValueError):
        passed = False
    return "" if passed else f" through the proxy {address(str(proxy))}"


def _words(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:  # a __str__ of somebody's own
        said = ""
    return _one_line(said) or type(error).__name__


def in_a_line(text: str, keys: Iterable[str | None] = ()) -> str:
    """A reason as it may be kept and shown: one line, shortened, nothing in it is obeyed."""
    return _short(without_keys(_one_line(text), keys), _LONGEST)


def _one_line(text: str) -> str:
    return one_line(whole_characters(" ".join(text.split())))


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."
