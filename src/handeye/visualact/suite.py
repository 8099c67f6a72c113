"""VisualActBench as the rest of the house sees it: its table of contents."""

from __future__ import annotations

from handeye.suite import Part, Suite
from handeye.visualact.respondents.models import RESPONDENTS

SUITE = Suite(
    name="visualact",
    title="VisualActBench",
    about="VisualActBench: which actions does a video call for?",
    unit="clips",
    scene="clips",
    run_format=1,
    commands=Part("handeye.visualact.commands:app"),
    run_command=Part("handeye.visualact.commands.run:visualact"),
    respondents=RESPONDENTS,
    recognizes=Part("handeye.visualact.loader:recognizes"),
    generate=Part("handeye.visualact.scenes.generation:generate"),
    load=Part("handeye.visualact.loader:load"),
    describe=Part("handeye.visualact.scenes.description:describe"),
    verify=Part("handeye.visualact.scenes.verification:verify"),
    run=Part("handeye.visualact.asking.run:run_visualact"),
    asking=Part("handeye.visualact.asking.questions:Asking"),
    job=Part("handeye.visualact.asking.run:job"),
    task=Part("handeye.visualact.asking.task:visualact"),
    score_files=Part("handeye.visualact.scoring.file_scoring:score_files"),
    score_so_far=Part("handeye.visualact.scoring.file_scoring:score_so_far"),
    summarize=Part("handeye.visualact.scoring.summary:summarize"),
    looks=Part("handeye.visualact.scoring.looks:looks"),
    open_run=Part("handeye.visualact.scoring.run_folder:read_run"),
    tables=Part("handeye.visualact.scoring.tables:tables"),
    quantities=Part("handeye.visualact.comparing.quantities:quantities"),
    pair_cards=Part("handeye.visualact.pages.pair_cards:pair_cards"),
    report=Part("handeye.visualact.pages.page:write_page"),
    print_run=Part("handeye.visualact.pages.console:print_run"),
    diagnose=Part("handeye.visualact.diagnosis.diagnose:diagnose"),
)
