"""Tools that a model is given natively, and the calls that come back.

Knows the engine's forms of both, and which providers have any; what calls mean is
:mod:`handeye.answer_kinds.tools`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handeye.answer_kinds.schemas import Tool
from handeye.printing import whole_characters

if TYPE_CHECKING:
    from inspect_ai.model import ModelOutput
    from inspect_ai.tool import ToolInfo

# Inspect's providers that hand tools on to an interface with a place for them. Behind those that
# speak to any server (openai-api, vllm ...) one may take none; it then says so.
_NATIVE = frozenset(
    {
        *("anthropic", "azureai", "bedrock", "deepseek", "fireworks", "google", "grok", "groq"),
        *("hf-inference-providers", "litellm-proxy", "meta", "mistral", "mockllm", "moonshot"),
        *("ollama", "openai", "openai-api", "openrouter", "sambanova", "sglang", "together"),
        "vllm",
    }
)
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "pattern")
_DEEPEST = 50
# What JSON of ours can hold as a whole number.
_LEAST, _MOST = -(2**63), 2**64 - 1


def takes_tools(model: str) -> bool:
    """Whether a model's provider takes tools natively; the others are told of them in words."""
    return model.partition("/")[0] in _NATIVE


def infos(tools: Sequence[Tool]) -> list[ToolInfo]:
    """Tools as the engine hands them to providers.

    Limits of an argument are said in its description, too: some providers are sent none.
    """
    from inspect_ai.tool import ToolInfo, ToolParams

    return [
        ToolInfo(
            name=tool.name,
            description=tool.description or tool.name,
            parameters=ToolParams.model_validate(_said(tool.parameters)),
        )
        for tool in tools
    ]


def _said(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its limits in its description, and so in those within it."""
    out = {key: _within(key, value) for key, value in schema.items()}
    if limits := [f"{key}: {schema[key]}" for key in _LIMITS if key in schema]:
        told = (schema.get("description", ""), f"({'; '.join(limits)})")
        out["description"] = " ".join(filter(None, told))
    return out


def _within(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _said(one) for name, one in value.items()}
    if key == "anyOf":
        return [_said(one) for one in value]
    is_schema = key in ("items", "additionalProperties") and isinstance(value, Mapping)
    return _said(value) if is_schema else value


def calls_in(output: ModelOutput) -> list[dict[str, Any]]:
    """The calls of a model's output, in its order: ``name`` and ``arguments``.

    Where the arguments are no JSON object, they are None, and ``error`` says what is wrong.
    """
    message = output.choices[0].message if output.choices else None
    out: list[dict[str, Any]] = []
    for call in (message.tool_calls if message is not None else None) or ():
        name = whole_characters(call.function)
        if call.parse_error is None:
            out.append({"name": name, "arguments": _plain(call.arguments)})
        else:
            error = " ".join(whole_characters(call.parse_error).split())[:300]
            out.append({"name": name, "arguments": None, "error": error})
    return out


def _plain(value: Any, depth: int = 0) -> Any:
    """A value that can be written as JSON and read back as the same."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {whole_characters(str(key)): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int) and _LEAST <= value <= _MOST:
        return value
    if isinstance(value, int | float):
        try:
            return float(value) if math.isfinite(float(value)) else None
        except OverflowError:
            return None
    return whole_characters(str(value))


def blotted(calls: Sequence[dict[str, Any]], clean: Callable[[str], str]) -> list[dict[str, Any]]:
    """Calls with every text in them cleaned; a number that would be changed is a text then."""

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {clean(key): of(one) for key, one in value.items()}
        if isinstance(value, list):
            return [of(one) for one in value]
        if isinstance(value, bool | None):
            return value
        text = str(value)
        kept = clean(text)
        return value if kept == text else kept

    return [of(call) for call in calls]
