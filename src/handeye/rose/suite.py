"""ROSE as the rest of the house sees it: its table of contents."""

from __future__ import annotations

from handeye.rose.respondents.models import RESPONDENTS
from handeye.suite import Part, Suite

SUITE = Suite(
    name="rose",
    title="ROSE",
    about="ROSE: one scene of look-alike cells, seven coupled tasks.",
    unit="items",
    scene="scenes",
    run_format=1,
    commands=Part("handeye.rose.commands:app"),
    run_command=Part("handeye.rose.commands.run:rose"),
    respondents=RESPONDENTS,
    recognizes=Part("handeye.rose.release:recognizes"),
    generate=Part("handeye.rose.scenes.generation:generate"),
    load=Part("handeye.rose.release:load"),
    describe=Part("handeye.rose.scenes.description:describe"),
    verify=Part("handeye.rose.scenes.verification:verify"),
    run=Part("handeye.rose.asking.run:run_rose"),
    asking=Part("handeye.rose.asking.prompts:Asking"),
    job=Part("handeye.rose.asking.run:job"),
    task=Part("handeye.rose.asking.task:rose"),
    score_files=Part("handeye.rose.scoring.file_scoring:score_files"),
    score_so_far=Part("handeye.rose.scoring.file_scoring:score_so_far"),
    summarize=Part("handeye.rose.scoring.summary:summarize"),
    looks=Part("handeye.rose.scoring.looks:looks"),
    open_run=Part("handeye.rose.scoring.run_folder:read_run"),
    tables=Part("handeye.rose.scoring.tables:tables"),
    quantities=Part("handeye.rose.comparing.quantities:quantities"),
    pair_cards=Part("handeye.rose.pages.pair_cards:pair_cards"),
    report=Part("handeye.rose.pages.page:write_page"),
    print_run=Part("handeye.rose.pages.console:print_run"),
    teaches=Part("handeye.rose.teaching.lesson:RoseLesson"),
    train_command=Part("handeye.rose.commands.train:base"),
    people=Part("handeye.rose.human.people:RosePeople"),
    probed=Part("handeye.rose.probed:RoseProbed"),
    rewarded=Part("handeye.rose.rewarded:rewarded"),
    perceived=Part("handeye.rose.perceived:perceived"),
    ladder=Part("handeye.rose.teaching.ladder:plan"),
    diagnose=Part("handeye.rose.diagnosis.diagnose:diagnose"),
)
