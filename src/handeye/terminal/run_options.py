"""What every suite's ``handeye run`` has in common: options, and what is done with them."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.printing import say
from handeye.run.options import ATTEMPT_TIMEOUT, MAX_CONNECTIONS, MAX_RETRIES
from handeye.terminal.options import (
    BaseUrl,
    Json,
    ModelArg,
    Price as PriceArg,
    Prices,
    Quiet,
    StripThoughts,
    TestSplit,
    one_of,
    put_json,
    some_runs,
    some_sets,
)

if TYPE_CHECKING:
    from handeye.respondents.conversation import Respondents
    from handeye.run.job import Job
    from handeye.run.prices import Price

_PREFIX = "handeye/"


@dataclass(frozen=True)
class Run:
    """What was said on the command line that is the same for every suite.

    Attributes:
        options: fields of :class:`handeye.run.options.RunOptions`.
        dry_run: count, and send nothing.
        json: where the figures go as JSON.
    """

    options: dict[str, Any]
    dry_run: bool
    json: str | None = None

    @property
    def out(self) -> Path:
        """The run folder."""
        return Path(self.options["out"])

    def carry_out(self, job: Job, show: Callable[[Path], object]) -> None:
        """Ask, score and show the run, or print what it would send and cost.

        Raises:
            RunError: no such model, or no key for it; a dry run finds that too.
        """
        if self.dry_run:
            from handeye.run.dry_run import dry_run
            from handeye.run.engine import resolve_cheaply

            resolve_cheaply(job.options)
            counted = dry_run(job)
            if not put_json(self.json, json.dumps(counted.as_dict(), indent=1)):
                say(counted.text())
            return
        from handeye.run.lane import carry_out

        carry_out(job)
        show_run(self.out, show, self.json)


def show_run(out: Path, show: Callable[[Path], object], where: str | None) -> None:
    """Print a scored run, or its summary as JSON where that is asked for.

    Args:
        out: the run folder.
        show: prints it.
        where: what ``--json`` was given.
    """
    summary = b"" if where is None else (out / "summary.json").read_bytes()
    if not put_json(where, summary.rstrip()):
        show(out)


def default_out(suite: str, model: str, data: str) -> Path:
    """The run folder where none is named."""
    return Path("runs") / f"{suite}-{_slug(model)}-{_slug(data)}"


def run_command(
    suite: str, respondents: Respondents, data: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a suite's own options a command with those that every run has.

    The function made into a command takes a :class:`Run`, then its own options. Stopped by Ctrl-C,
    the command ends with exit code 130.

    Args:
        suite: its name, for the default run folder.
        respondents: those of the suite, for ``--help``.
        data: what ``--data`` takes, for ``--help``.
    """
    kind = inspect.Parameter.KEYWORD_ONLY
    names = [f"{_PREFIX}{name}" for name in respondents]
    ours = f"{', '.join(names[:-1])} or {names[-1]}"
    # Words that are longer than a narrow terminal has room for would be cut.
    folder = "Run folder (default: in runs/, named after suite, model and set)."
    first = [
        _option("model", str, f"Any Inspect model, {ours}; see 'handeye models'.",
                metavar="MODEL", autocompletion=one_of(lambda: names)),
        _option("data", str, data, metavar="SET", autocompletion=some_sets),
        _option("out", Path | None, folder, None, metavar="RUN", autocompletion=some_runs),
    ]  # fmt: skip
    split = inspect.Parameter("split", kind, default="test", annotation=TestSplit)
    counted = "Count requests, tokens and cost; send nothing."
    dry_run = _option("dry_run", bool, counted, False, "--dry-run")
    figures = inspect.Parameter("json", kind, default=None, annotation=Json)

    def decorate(ask: Callable[..., None]) -> Callable[..., None]:
        _, *own = inspect.signature(ask, eval_str=True).parameters.values()
        _, *carried = inspect.signature(_carried, eval_str=True).parameters.values()

        @functools.wraps(ask)
        def command(
            *,
            model: str,
            data: str,
            out: Path | None,
            split: str,
            dry_run: bool,
            json: str | None,
            **given: Any,
        ) -> None:
            chosen = {parameter.name: given.pop(parameter.name) for parameter in own}
            options = {
                "model": model,
                "data": data,
                "out": out or default_out(suite, model, data),
                "split": split,
                **_carried(model, **given),
            }
            try:
                ask(Run(options, dry_run, json), **chosen)
            except KeyboardInterrupt:
                raise typer.Exit(130) from None

        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*first, *own, split, *carried, dry_run, figures)
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        command.asks = ask  # type: ignore[attr-defined]
        return command

    return decorate


def asked_as(
    run: Callable[..., None], make: Callable[..., Run], out: inspect.Parameter, doc: str
) -> Callable[..., None] | None:
    """A command that asks as ``handeye run SUITE`` does, and does something else with the job.

    Args:
        run: made by :func:`run_command`.
        make: gives the :class:`Run` whose ``carry_out`` is done, from ``options`` (as there) and
            its own options, which are its further parameters.
        out: the option of its folder, which is a path.
        doc: its help.

    Returns:
        None where ``run`` was made in another way.
    """
    ask = getattr(run, "asks", None)
    if ask is None:
        return None
    _, *more = inspect.signature(make, eval_str=True).parameters.values()
    kept = ("model", "data", "split", "model_arg")
    known = inspect.signature(run).parameters
    _, *own = inspect.signature(ask, eval_str=True).parameters.values()
    first = [known[name] for name in kept]

    def command(
        *, model: str, data: str, out: Path, split: str, model_arg: list[str] | None, **given: Any
    ) -> None:
        chosen = {one.name: given.pop(one.name) for one in own}
        carried = _carried(model, model_arg=model_arg)
        options = {"model": model, "data": data, "out": out, "split": split, **carried}
        ask(make(options, **given), **chosen)

    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for one in (*first[:2], out, *more, *own, *first[2:])
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__doc__ = doc
    return command


def _option(
    name: str,
    kind: Any,
    told: str,
    default: object = inspect.Parameter.empty,
    *flags: str,
    **more: Any,
) -> inspect.Parameter:
    annotation = Annotated[kind, typer.Option(*flags, help=told, **more)]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _carried(
    model: str,
    max_connections: Annotated[
        int, typer.Option(metavar="N", help="Requests at a time.")
    ] = MAX_CONNECTIONS,
    max_retries: Annotated[
        int, typer.Option(metavar="N", help="Further attempts after a failure.")
    ] = MAX_RETRIES,
    timeout: Annotated[
        int, typer.Option(metavar="SECONDS", help="Until a silent attempt is given up.")
    ] = ATTEMPT_TIMEOUT,
    base_url: BaseUrl = None,
    model_arg: ModelArg = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--setting",
            "-s",
            metavar="NAME=VALUE",
            help="Of generation: temperature, max_tokens, reasoning_effort ... Not given: left to "
            "the provider.",
        ),
    ] = None,
    price: PriceArg = None,
    prices: Prices = None,
    strip_thoughts: StripThoughts = False,
    epochs: Annotated[
        int, typer.Option(metavar="N", help="Answers to every question; further ones are kept.")
    ] = 1,
    quiet: Quiet = False,
) -> dict[str, Any]:
    """Fields of :class:`handeye.run.options.RunOptions` from the options that every run has.

    Raises:
        OptionError: a pair that is not NAME=VALUE, or a price that cannot be read.
    """
    from handeye.terminal.inputs import json_values, named_values, warn_of_keys

    arguments = json_values(named_values(model_arg or [], "--model-arg", empty=True))
    settings = json_values(named_values(setting or [], "--setting", empty=True))
    warn_of_keys({"-M": arguments, "-s": settings, "--base-url": {"": base_url}})
    return {
        "max_connections": max_connections,
        "max_retries": max_retries,
        "attempt_timeout": timeout,
        "base_url": base_url,
        "generation": settings,
        "model_args": arguments,
        "price": price_of(price, prices, model),
        **({"strip_thoughts": True} if strip_thoughts else {}),
        **({"epochs": epochs} if epochs != 1 else {}),
        "progress": not quiet,
    }


def _slug(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-._" else "-" for c in name.rstrip("/"))
    return kept.strip("-.") or "set"


def price_of(price: str | None, prices: Path | None, model: str) -> Price | None:
    """The price of a model's tokens as it was given; None where it was not.

    Raises:
        OptionError: it was given twice, cannot be read, or the file has none for the model.
        DataError: the file cannot be read.
    """
    from handeye.errors import OptionError
    from handeye.run.prices import parse_price, read_prices

    if price is not None and prices is not None:
        raise OptionError("give either --price or --prices")
    if price is not None:
        return parse_price(price)
    if prices is not None:
        found = read_prices(prices, model)
        if found is None:
            raise OptionError(f"{prices} has no price for {model}")
        return found
    return None
