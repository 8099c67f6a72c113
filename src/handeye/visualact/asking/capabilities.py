"""What Inspect's providers take: whole videos, and the schema of an answer.

Read in inspect_ai 0.3.285: which providers send ``ContentVideo`` on, and which honour
``GenerateConfig.response_schema``. A provider that is not named here is shown frames, and is told
no schema unless it is asked for.
"""

from __future__ import annotations

_TAKE_VIDEO = frozenset({"google", "handeye"})
_TAKE_SCHEMA = frozenset(
    {
        *("anthropic", "azureai", "bedrock", "google", "grok", "groq", "mistral", "openai"),
        *("openai-api", "openrouter", "sagemaker", "sglang", "vllm"),
    }
)


def provider_of(model: str) -> str:
    """The provider in the name of an Inspect model."""
    return model.partition("/")[0]


def takes_video(model: str) -> bool:
    """Whether the provider passes a video file on to the model."""
    return provider_of(model) in _TAKE_VIDEO


def takes_schema(model: str) -> bool:
    """Whether the provider passes the schema of an answer on to the model."""
    return provider_of(model) in _TAKE_SCHEMA
