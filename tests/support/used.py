"""A tiny model of which it is known what its answers use, and what it is asked."""

import base64
import io

import numpy as np
import torch
from PIL import Image

from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.prompts import process
from handeye.states.edits import taken
from handeye.states.targets import Target
from tests.support.local.families import conversation, model_of

N_FAMILIES = 12
LAYERS = ("embedding", "block.00", "block.01", "final")
ROLES = (0, 1, 2, 3, 4, 5)


def shown(seed: int, bright: bool, other: bool) -> str:
    """Noise whose upper half is bright or not, which is asked for, and its lower half likewise."""
    noise = np.random.default_rng(seed).integers(0, 60, (32, 32, 3)).astype(np.uint8)
    noise[:16] += np.uint8(160 * bright)
    noise[16:] += np.uint8(160 * other)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def asked(loaded, families=N_FAMILIES):
    """Families of four clips with one prompt, whose premise a bright upper half makes false."""
    asks, targets = {}, []
    for family in range(families):
        for clip in range(4):
            bright, low = divmod(clip, 2)
            item = f"f{family}-{bright}{low}"
            words = f"Question {family % 5}: it is dark above. What is below?"
            asks[item] = write_ask(loaded, conversation(shown(family, bright, low), words))
            siblings = {"media": f"f{family}-{1 - bright}{low}"}
            siblings["other"] = f"f{family}-{bright}{1 - low}"
            targets.append(
                Target(
                    item_id=item, target="premise", label=bright, group=f"f{family}",
                    strata={"modality": "vision"}, siblings=siblings, roles=ROLES, rejection=4,
                )
            )  # fmt: skip
    return asks, targets


def planted(families=N_FAMILIES):
    """A model that rejects where a direction of its states says that the upper half is bright.

    The first block carries what the media tokens say of it to all tokens behind, along one
    direction, and much else beside; the second does nothing. The letters read that direction.
    """
    loaded = model_of("llava")
    asks, targets = asked(loaded, families)
    label = np.array([one.label for one in targets], bool)
    decoder = loaded.model.get_decoder()
    encoded = process(loaded, list(asks.values()))
    draws = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for block in decoder.layers:
            block.self_attn.o_proj.weight.zero_()
            block.mlp.down_proj.weight.zero_()
        attention = decoder.layers[0].self_attn
        attention.q_proj.weight.zero_()  # all tokens alike
        _, states = taken(loaded, encoded, ["embedding"])
        seen = decoder.layers[0].input_layernorm(states["embedding"])
        # What the last token gathers of it, and what tells there whether the upper half is bright.
        means = torch.stack(
            [s[m].mean(0) for s, m in zip(seen, encoded["attention_mask"].bool(), strict=True)]
        )
        wanted = 2 * torch.randn(len(label), 7, generator=draws)
        # Accepted where nothing is known, as models are wont to.
        wanted[:, 0] = torch.as_tensor(2.4 * label - 1.6)
        value, out = (torch.zeros_like(one.weight) for one in (attention.v_proj, attention.o_proj))
        value[:7] = torch.linalg.lstsq(means, wanted).solution.T
        # The column that matters, and six beside it that vary more.
        axes, _ = torch.linalg.qr(torch.randn(len(out), 7, generator=draws))
        out[:, :7] = 4 * axes
        attention.v_proj.weight.copy_(value)
        attention.o_proj.weight.copy_(out)
        head = loaded.model.get_output_embeddings().weight
        a, b, c, d, e, f = (loaded.tokenizer.convert_tokens_to_ids(one) for one in "ABCDEF")
        head[[b, c, d, f]] = 0
        head[e], head[a] = 2 * axes[:, 0], -2 * axes[:, 0]
    return loaded, asks, targets
