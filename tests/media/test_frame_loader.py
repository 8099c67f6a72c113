"""The loader: bounded, beside the loop, safe when cancelled, and honest about what it shows."""

from __future__ import annotations

import threading
import time
from io import BytesIO

import anyio
import numpy as np
import pytest
from PIL import Image

from handeye.errors import OptionError
from handeye.media.frame_choice import FrameChoice
from handeye.media.frame_loader import FrameLoader
from handeye.media.frames import FrameError
from tests.support.visualact.videos import SIZE, make_video, number_in


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("loader") / "a.mp4")


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    """Run an async function on either event loop."""
    if request.param == "trio":
        pytest.importorskip("trio")
    return lambda function: anyio.run(function, backend=request.param)


def test_what_is_shown(video, run):
    async def main():
        async with FrameLoader(FrameChoice(count=3), image_format="png").clip(video) as shown:
            return shown

    shown = run(main)
    assert (shown.media_type, shown.width, shown.height) == ("image/png", *SIZE)
    assert shown.seconds == pytest.approx((8 / 12, 2.0, 40 / 12), abs=1e-6)
    pictures = [np.asarray(Image.open(BytesIO(picture))) for picture in shown.pictures]
    assert [number_in(rgb) for rgb in pictures] == [8, 24, 40]


def test_jpeg_by_default_and_reduced(video):
    shown = FrameLoader(FrameChoice(count=1, longest_side=48)).shown(video)
    picture = Image.open(BytesIO(shown.pictures[0]))
    assert (picture.format, picture.size, shown.media_type) == ("JPEG", (48, 32), "image/jpeg")
    assert (shown.width, shown.height) == (48, 32)


class Counting(FrameLoader):
    """Counts the clips that are being decoded and those that are held."""

    def __init__(self, **options):
        super().__init__(**options)
        self.lock = threading.Lock()
        self.decoding = self.most_decoding = self.held = self.most_held = self.done = 0
        self.pause = 0.02

    def shown(self, path):
        with self.lock:
            self.decoding += 1
            self.held += 1
            self.most_decoding = max(self.most_decoding, self.decoding)
            self.most_held = max(self.most_held, self.held)
        time.sleep(self.pause)
        try:
            return super().shown(path)
        finally:
            with self.lock:
                self.decoding -= 1
                self.done += 1

    def let_go(self):
        with self.lock:
            self.held -= 1


def test_never_more_than_the_limit(video, run):
    loader = Counting(choice=FrameChoice(count=1), limit=3, workers=2)

    async def sample():
        async with loader.clip(video):
            await anyio.sleep(0.03)
            loader.let_go()

    async def main():
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(sample)

    run(main)
    assert (loader.done, loader.most_held, loader.most_decoding) == (12, 3, 2)


def test_the_loop_goes_on_while_clips_are_decoded(video, run):
    loader = Counting(choice=FrameChoice(count=1), limit=1)
    loader.pause = 0.3
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            await anyio.sleep(0.005)
            beats += 1

    async def main():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(beat)
            async with loader.clip(video):
                seen = beats
            tasks.cancel_scope.cancel()
        return seen

    assert run(main) >= 5


def test_one_task_may_hold_two_clips(video, run):
    async def main():
        loader = FrameLoader(FrameChoice(count=1), limit=2)
        async with loader.clip(video) as one, loader.clip(video) as two:
            return one == two

    assert run(main)


def test_a_cancelled_sample_gives_its_place_back(video, run):
    loader = Counting(choice=FrameChoice(count=1), limit=1, workers=1)
    loader.pause = 0.1

    async def main():
        for wait in (0.0, 0.05, 0.3):  # before decoding, while decoding, while holding
            with anyio.move_on_after(wait):
                async with loader.clip(video):
                    await anyio.sleep(5)
            assert loader.decoding == 0  # nobody decodes for a sample that is gone
        with anyio.fail_after(2):
            async with loader.clip(video) as shown:
                return len(shown.pictures)

    assert run(main) == 1


def test_waiting_samples_can_be_cancelled(video, run):
    async def main():
        loader = FrameLoader(FrameChoice(count=1), limit=1)
        async with loader.clip(video):
            with anyio.move_on_after(0.05) as scope:
                async with loader.clip(video):
                    pass
            assert scope.cancelled_caught
        with anyio.fail_after(2):
            async with loader.clip(video):
                return True

    assert run(main)


def test_a_broken_clip_is_an_error_and_gives_its_place_back(video, tmp_path, run):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a film")

    async def main():
        loader = FrameLoader(FrameChoice(count=1), limit=1)
        for _ in range(3):
            with pytest.raises(FrameError, match=r"broken\.mp4: broken"):
                async with loader.clip(broken):
                    pass
        async with loader.clip(video) as shown:
            return len(shown.pictures)

    assert run(main) == 1


def test_an_error_of_the_sample_gives_the_place_back(video, run):
    async def main():
        loader = FrameLoader(FrameChoice(count=1), limit=1)
        with pytest.raises(ZeroDivisionError):
            async with loader.clip(video):
                raise ZeroDivisionError
        with anyio.fail_after(2):
            async with loader.clip(video):
                return True

    assert run(main)


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"workers": 0}, {"image_format": "gif"}, {"quality": 0}]
)
def test_options_that_are_refused(options):
    with pytest.raises(OptionError):
        FrameLoader(**options)
