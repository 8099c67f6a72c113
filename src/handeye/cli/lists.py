"""``handeye models`` and ``handeye suites``: who can be asked, and which suite can do what."""

from __future__ import annotations

import json as json_

from handeye.terminal.options import Json, put_json


def suites(json: Json = None) -> None:
    """Print the suites and what each of them can do.

    Example: handeye suites
    """
    from rich.table import Table

    from handeye.suite import ABILITIES
    from handeye.suites import all_suites
    from handeye.terminal.console import Console

    known = all_suites()
    if put_json(json, json_.dumps({suite.name: suite.abilities() for suite in known}, indent=1)):
        return
    table = Table(title_justify="left")
    table.add_column("")
    for suite in known:
        table.add_column(suite.name, justify="center")
    for ability in ABILITIES:
        if not any(suite.abilities()[ability] for suite in known):
            continue
        table.add_row(ability, *("yes" if suite.abilities()[ability] else "-" for suite in known))
    console = Console()
    console.print(table)
    for suite in known:
        console.print(f"{suite.name}: {suite.about}")


def models(json: Json = None) -> None:
    """Print what --model can be: models of providers, of this machine, and respondents of ours.

    Example: handeye models
    """
    from rich.table import Table

    from handeye.suites import all_suites
    from handeye.terminal.console import Console
    from handeye.terminal.tables import say

    here = {
        "handeye/hf": "an open model: -M path=OWNER/NAME, or a folder (docs/local.md)",
        "handeye/small": "a small model that ships with handeye (docs/training.md)",
    }
    ours = {
        suite.name: {f"handeye/{name}": kind.about for name, kind in suite.respondents.items()}
        for suite in all_suites()
    }
    providers = {
        "openai/NAME": "OPENAI_API_KEY in the environment, such as openai/gpt-5.5",
        "anthropic/NAME": "ANTHROPIC_API_KEY; pip install anthropic",
        "google/NAME": "GOOGLE_API_KEY; pip install google-genai",
        "openrouter/NAME": "OPENROUTER_API_KEY",
        "vllm/NAME, ollama/NAME": "a server on this machine, or --base-url",
        "openai-api/ANY/NAME": "any server of OpenAI's kind: ANY_API_KEY and --base-url URL",
    }
    found = {"providers": providers, "here": here, "suites": ours}
    if put_json(json, json_.dumps(found, indent=1)):
        return
    console = Console()
    parts = {
        "Over the network, every provider of Inspect AI (https://inspect.aisi.org.uk):": providers,
        "On this machine; needs pip install 'handeye[local]':": here,
        **{f"Respondents that check {suite.title}:": ours[suite.name] for suite in all_suites()},
    }
    wide = max(len(name) for part in parts.values() for name in part)
    for heading, part in parts.items():
        say(console, heading, "bold")
        lines = Table.grid(padding=(0, 2, 0, 0))
        lines.add_column(min_width=wide + 2, no_wrap=True)
        lines.add_column()
        for name, about in part.items():
            lines.add_row(f"  {name}", about)
        console.print(lines)
