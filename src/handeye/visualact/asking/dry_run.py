"""What a run of VisualActBench would send and cost, without sending anything."""

from __future__ import annotations

from handeye.media.frame_loader import FrameLoader
from handeye.media.frames import FrameError
from handeye.run.dry_run import DryRun, PictureLoad, estimate
from handeye.run.journal import read_journal
from handeye.run.plan import check_plan
from handeye.visualact.asking.prompts import labelling
from handeye.visualact.asking.run import VisualactJob, VisualactOptions
from handeye.visualact.records import Clip

# Clips that are decoded to learn what pictures weigh; the rest are taken to be like them.
_SAMPLE = 12
# Characters of one action with its level and type in the answer's JSON.
_MARKUP = 44


def dry_run(options: VisualactOptions) -> DryRun:
    """Estimate a run from a sample of its clips. Sends nothing, writes nothing.

    With native video the tokens are those of the frames that would be shown instead: providers
    count videos by rules of their own.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: the run folder holds another run.
    """
    job = VisualactJob(options)
    check_plan(options.out, job.plan)
    done = {answer.key for answer in read_journal(options.out / "answers.jsonl")}
    clips = [clip for clip in job.clips if job.key(clip) not in done]
    passes = 2 if options.asking.two_pass else 1
    characters = len(options.asking.question) * len(clips)
    if passes == 2:
        characters += sum(
            len(labelling([action.text for action in clip.actions])) for clip in clips
        )
    return estimate(
        options,
        requests=passes * len(clips),
        answered=len(job.clips) - len(clips),
        scenes=len(clips),
        pictures=_pictures(options, job, clips, passes),
        characters=characters,
        answer_characters=sum(
            passes * (len(action.text) + _MARKUP) for clip in clips for action in clip.actions
        ),
        unit="clips",
    )


def _pictures(
    options: VisualactOptions, job: VisualactJob, clips: list[Clip], passes: int
) -> list[PictureLoad]:
    """Pictures of a sample, each standing for as many as the sample leaves out."""
    sample = clips[:: max(1, len(clips) // _SAMPLE)]
    asking = options.asking
    loader = FrameLoader(asking.frames, image_format=asking.image_format)
    found: list[PictureLoad] = []
    for clip in sample:
        path = job.video_path(clip)
        try:
            shown = loader.shown(path)
        except FrameError:
            continue  # told when the run comes to it
        share = passes * len(clips) / len(sample)
        if asking.video_input == "native":
            size = path.stat().st_size / len(shown.pictures)
            sizes = [round(size)] * len(shown.pictures)
        else:
            sizes = [len(picture) for picture in shown.pictures]
        found += [PictureLoad((shown.width, shown.height), size, share) for size in sizes]
    return found
