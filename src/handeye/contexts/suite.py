"""Contexts as the rest of the house sees it: its table of contents."""

from __future__ import annotations

from handeye.contexts.respondents.models import RESPONDENTS
from handeye.suite import Part, Suite

SUITE = Suite(
    name="contexts",
    title="Contexts",
    about="Contexts: one picture, several contexts, to each its own action.",
    unit="items",
    scene="scenes",
    run_format=1,
    commands=Part("handeye.contexts.commands:app"),
    run_command=Part("handeye.contexts.commands.run:contexts"),
    respondents=RESPONDENTS,
    recognizes=Part("handeye.contexts.loader:recognizes"),
    generate=Part("handeye.contexts.scenes.generation:generate"),
    load=Part("handeye.contexts.loader:load"),
    describe=Part("handeye.contexts.scenes.description:describe"),
    verify=Part("handeye.contexts.scenes.verification:verify"),
    run=Part("handeye.contexts.asking.run:run_contexts"),
    asking=Part("handeye.contexts.asking.questions:Asking"),
    job=Part("handeye.contexts.asking.run:job"),
    task=Part("handeye.contexts.asking.task:contexts"),
    score_files=Part("handeye.contexts.scoring.file_scoring:score_files"),
    score_so_far=Part("handeye.contexts.scoring.file_scoring:score_so_far"),
    summarize=Part("handeye.contexts.scoring.summary:summarize"),
    looks=Part("handeye.contexts.scoring.looks:looks"),
    open_run=Part("handeye.contexts.scoring.run_folder:read_run"),
    tables=Part("handeye.contexts.scoring.tables:tables"),
    quantities=Part("handeye.contexts.comparing.quantities:quantities"),
    pair_cards=Part("handeye.contexts.pages.pair_cards:pair_cards"),
    report=Part("handeye.contexts.pages.page:write_page"),
    print_run=Part("handeye.contexts.pages.console:print_run"),
    diagnose=Part("handeye.contexts.diagnosis.diagnose:diagnose"),
)
