"""How commands read: one usage line, options in user words, and a hint for what is typed otherwise.

``Command`` and ``Group`` are what every command of the frame and of every suite is made of, so that
a suite brings its functions alone.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from handeye.errors import HandeyeError, OptionError, did_you_mean
from handeye.progress import hush
from handeye.terminal.options import STDOUT, Quiet

UsageError: type[Any] = typer.BadParameter.__mro__[1]
"""What Typer raises for a command line that cannot be read, wherever it keeps it."""

JSON = "--json"
_EXAMPLE = re.compile(r"Example: (.+)")
# What people type who come from elsewhere.
_ALIKE = {
    **dict.fromkeys(("make", "create", "new", "gen"), "generate"),
    **dict.fromkeys(("check", "validate"), "verify"),
    **dict.fromkeys(("info", "stats", "show"), "describe"),
    **dict.fromkeys(("eval", "evaluate", "test", "ask", "bench"), "run"),
    **dict.fromkeys(("grade", "mark"), "score"),
    **dict.fromkeys(("explain", "why"), "diagnose"),
    **dict.fromkeys(("html", "page", "view"), "report"),
    **dict.fromkeys(("diff", "vs"), "compare"),
    **dict.fromkeys(("list", "ls"), "suites"),
}
# Commands that one hint may name.
_FEW = 5


# ---- one command


class _Worded:
    """Help in user words: flags have no type, and one spelling each."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All options and arguments, ``--help`` with them."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in found:
            if getattr(one, "is_flag", False):
                one.metavar = ""
        return found

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; how a flag is denied stands in its text, where that is any use."""
        flags = [one for one in self.get_params(ctx) if getattr(one, "secondary_opts", ())]
        known = [(one.secondary_opts, one.help, one.show_default) for one in flags]
        for one in flags:
            if one.default is not False:
                usual = "default; " if one.default else ""
                one.help = f"{one.help} ({usual}{one.secondary_opts[0]}: not)"
            one.secondary_opts, one.show_default = [], False
        try:
            super().format_help(ctx, formatter)  # type: ignore[misc]
        finally:
            for one, (secondary, words, shown) in zip(flags, known, strict=True):
                one.secondary_opts, one.help, one.show_default = secondary, words, shown


class Command(_Worded, TyperCommand):
    """A command: former spellings are read and not shown, ``--json`` needs no file."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._former: dict[str, str] = {}
        for one in self.params:
            if one.param_type_name == "argument":
                _without_type(one)
                continue
            first, *former = [name for name in one.opts if name.startswith("--")]
            self._former.update(dict.fromkeys(former, first))
            one.opts = [name for name in one.opts if name not in former]
            if one.metavar is None:
                one.metavar = one.name.upper()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """``[OPTIONS]``, then the arguments as their help names them."""
        pieces = [self.options_metavar or ""]
        for one in self.get_params(ctx):
            if one.param_type_name == "argument":
                name = one.metavar or one.name.upper()
                bare = one.required or name.startswith("[")
                pieces.append(name if bare else f"[{name}]")
        return pieces

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, in whatever spelling they are."""
        root = ctx.find_root()
        suites = getattr(root.command, "suites", {}).values()
        if ctx.parent is root and args and args[0] in suites and not os.path.lexists(args[0]):
            words = _line(ctx.command_path, *args[1:])
            if any(one.param_type_name == "argument" for one in self.params):
                raise OptionError(f"'{ctx.command_path}' needs no name of a suite; type: {words}")
        return super().parse_args(ctx, self._spelled(args))

    def _spelled(self, args: Sequence[str]) -> list[str]:
        takes_json = any(JSON in one.opts and not getattr(one, "is_flag", True)
                         for one in self.params if one.param_type_name == "option")  # fmt: skip
        out: list[str] = []
        for place, arg in enumerate(args):
            if arg == "--":
                return [*out, *args[place:]]
            name, sign, value = arg.partition("=")
            if takes_json and arg == JSON and not _names_a_file(args[place + 1 : place + 2]):
                out.append(f"{JSON}={STDOUT}")
            else:
                out.append(f"{self._former.get(name, name)}{sign}{value}")
        return out


def _without_type(argument: Any) -> None:
    # Its name stands in the first column, and the help says what it is.
    argument.display_type_rich = lambda ctx: ""


def _names_a_file(words: Sequence[str]) -> bool:
    """Whether the word behind ``--json`` is where to write, and no argument of the command."""
    if not words or (words[0].startswith("-") and words[0] != STDOUT):
        return False
    return not (
        words[0].startswith("hf:") or words[0].endswith(".jsonl") or Path(words[0]).is_dir()
    )


def framed(
    callback: Callable[..., Any], after: Callable[[dict[str, Any]], object] = lambda given: None
) -> Callable[..., Any]:
    """A command's function with ``--quiet``, and with what is told when it is done.

    Args:
        callback: the function of a command.
        after: is given the values of all its options; not where JSON went to stdout.
    """
    known = inspect.signature(callback, eval_str=True).parameters
    own = "quiet" in known

    @functools.wraps(callback)
    def command(**given: Any) -> Any:
        quiet = given["quiet"] if own else given.pop("quiet")
        if str(given.get("out")) == "-":
            raise OptionError("- is no file and no folder: give --out a name")
        with hush(quiet):
            result = callback(**given)
            if given.get("json") != STDOUT:
                after(given)
        return result

    parameters = [*known.values()]
    if not own:
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter("quiet", kind, default=False, annotation=Quiet))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


# ---- commands under a name


class Group(_Worded, TyperGroup):
    """Commands under a name; one that it lacks is looked for under the others.

    Attributes:
        suites: name of every suite by its title in small letters; the group of all has them.
        order: its commands in the order of work.
    """

    suites: Mapping[str, str] = MappingProxyType({})
    order: tuple[str, ...] = ()

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of work, as far as it says something; then as they came."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda n: self.order.index(n) if n in self.order else len(names))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options in front of the command."""
        first = args[0].partition("=")[0] if args else ""
        known = {name for one in self.get_params(ctx) for name in one.opts}
        if first.startswith("-") and first not in known and not ctx.resilient_parsing:
            raise OptionError(_misplaced(self, ctx, args))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; say what was meant where there is none of the name."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            raise OptionError(_hint(ctx, args))
        return super().resolve_command(ctx, args)


def _misplaced(group: Group, ctx: Any, args: Sequence[str]) -> str:
    """Words for an option where a command should stand."""
    names = group.list_commands(ctx)
    suites = getattr(ctx.find_root().command, "suites", {}).values()
    if set(names) <= set(suites):
        wanted = [name for name in _suites_of(args) if name in names] or names
        lines = [_line(ctx.command_path, name, *args) for name in wanted]
        return f"{ctx.command_path} lacks the name of a suite; type: {' or: '.join(lines)}"
    at = next((place for place, word in enumerate(args) if word in names), None)
    if at is not None:
        moved = _line(ctx.command_path, args[at], *args[at + 1 :], *args[:at])
        return f"options stand behind the command; type: {moved}"
    return (
        f"{ctx.command_path} has no option {args[0].partition('=')[0]}; a command comes first, one "
        f"of {', '.join(names)}"
    )


def _hint(ctx: Any, args: Sequence[str]) -> str:
    """Words for a command that is not there, with the one that was meant as it is to be typed."""
    root = ctx.find_root()
    path = tuple(ctx.command_path.split(" ")[1:])
    own = ctx.command.list_commands(ctx)
    leaves = list(_leaves(root.command, root))
    word, *rest = args
    low = word.casefold()
    no = f"no command '{_line(ctx.command_path, word)}'"

    def lines(name: str) -> str:
        # A few, or none: all commands of a suite are no hint.
        found = _meant(leaves, path, name, rest)
        if name in own and not 0 < len(found) <= _FEW:
            found = [(*path, name, *rest)]
        return " or: ".join(_line(root.info_name, *words) for words in found[:_FEW])

    suites = getattr(root.command, "suites", {})
    known = suites.get(low, low)
    if low in suites and path and not any({known, *path} <= set(leaf) for leaf in leaves):
        if rest and rest[0] in own:
            return f"{no}; type: {_line(ctx.command_path, *rest)}"
        return f"{no}: '{ctx.command_path}' takes no suite; there are: {', '.join(own)}"
    if known in own or any(known in leaf for leaf in leaves):
        return f"{no}; type: {lines(known)}"
    every = sorted({part for leaf in leaves for part in leaf})
    for names in (own, every):
        if low in _ALIKE and _ALIKE[low] in names:
            return f"{no}; did you mean: {lines(_ALIKE[low])}"
        if similar := get_close_matches(low, names, n=1, cutoff=0.65):
            return f"{no}; did you mean: {lines(similar[0])}"
    return f"{no}; there are: {', '.join(own)}"


def _meant(
    leaves: Sequence[tuple[str, ...]], path: Sequence[str], word: str, rest: Sequence[str]
) -> list[tuple[str, ...]]:
    """The commands of which ``word`` is a part, with the arguments that were typed behind it.

    Where the other parts stand before the word, or right behind it, it is that one. Else they are
    all of them, as far as the sets and runs among the arguments leave a choice of suites.
    """
    having = [leaf for leaf in leaves if word in leaf]
    for leaf in having:
        others = set(leaf) - {word}
        if others <= set(path):
            return [(*leaf, *rest)]
        if rest and others - set(path) == {rest[0]}:
            return [(*leaf, *rest[1:])]
    if len(having) > 1 and (suites := _suites_of(rest)):
        having = [leaf for leaf in having if set(suites) & set(leaf)] or having
    return [(*leaf, *rest) for leaf in having]


def _suites_of(args: Sequence[str]) -> list[str]:
    """The suites whose sets or runs are among some arguments."""
    from handeye.suites import suite_of_runs, suite_of_set

    found = []
    for word in args:
        if not Path(word).exists():
            continue
        for ask in (lambda word: suite_of_runs([word]), suite_of_set):
            with suppress(HandeyeError, OSError):
                found.append(ask(word).name)
                break
    return found


def _leaves(command: Any, ctx: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, TyperGroup):
        yield path
        return
    for name in command.list_commands(ctx):
        yield from _leaves(command.get_command(ctx, name), ctx, (*path, name))


def _line(path: str, *words: str) -> str:
    return f"{path} {shlex.join(words)}".rstrip()


# ---- errors


def refusal(error: Any) -> OptionError:
    """What is wrong with a command line, in one line, as an error like every other."""
    if error.ctx is None:
        return OptionError(error.format_message())
    command = error.ctx.command
    text = " ".join(error.format_message().split()).rstrip(".")
    option = getattr(error, "param", None)
    for typed, wanted in (("valid integer", "a whole number"), ("valid number", "a number")):
        if option is not None and typed in text:
            text = f"{(option.opts or [option.name])[0]} must be {wanted}"
    if text.startswith("No such option"):
        wrong = error.option_name
        shown = {name for one in command.get_params(error.ctx) for name in one.opts}
        meant = wrong.strip("-").replace("-", "_")
        if meant in shown:  # an argument: it has its name as its only spelling
            return OptionError(f"no such option {wrong}: give {meant} without a name")
        text = f"no such option {wrong}{did_you_mean(wrong, sorted(shown))}"
    elif text.startswith("Missing") and (found := _EXAMPLE.search(command.help or "")):
        return OptionError(f"{text[:1].lower()}{text[1:]}; for example: {found[1]}")
    return OptionError(f"{text[:1].lower()}{text[1:]} ('{error.ctx.command_path} --help' has all)")
