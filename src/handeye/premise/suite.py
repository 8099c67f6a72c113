"""IMAVB as the rest of the house sees it: its table of contents."""

from __future__ import annotations

from handeye.premise.respondents.models import RESPONDENTS
from handeye.suite import Part, Suite

SUITE = Suite(
    name="premise",
    title="IMAVB",
    about="IMAVB: does a model notice that a question is false?",
    unit="items",
    scene="families",
    run_format=1,
    commands=Part("handeye.premise.commands:app"),
    run_command=Part("handeye.premise.commands.run:premise"),
    respondents=RESPONDENTS,
    recognizes=Part("handeye.premise.loader:recognizes"),
    generate=Part("handeye.premise.scenes.generation:generate"),
    load=Part("handeye.premise.loader:load"),
    describe=Part("handeye.premise.scenes.description:describe"),
    verify=Part("handeye.premise.scenes.verification:verify"),
    run=Part("handeye.premise.asking.run:run_premise"),
    asking=Part("handeye.premise.asking.questions:Asking"),
    job=Part("handeye.premise.asking.run:job"),
    task=Part("handeye.premise.asking.task:premise"),
    score_files=Part("handeye.premise.scoring.file_scoring:score_files"),
    score_so_far=Part("handeye.premise.scoring.file_scoring:score_so_far"),
    summarize=Part("handeye.premise.scoring.summary:summarize"),
    looks=Part("handeye.premise.scoring.looks:looks"),
    open_run=Part("handeye.premise.scoring.run_folder:read_run"),
    tables=Part("handeye.premise.scoring.tables:tables"),
    quantities=Part("handeye.premise.comparing.quantities:quantities"),
    pair_cards=Part("handeye.premise.pages.pair_cards:pair_cards"),
    report=Part("handeye.premise.pages.page:write_page"),
    print_run=Part("handeye.premise.pages.console:print_run"),
    teaches=Part("handeye.premise.teaching.lesson:PremiseLesson"),
    train_command=Part("handeye.premise.commands.train:premise"),
    people=Part("handeye.premise.human.people:PremisePeople"),
    probed=Part("handeye.premise.probed:PremiseProbed"),
    diagnose=Part("handeye.premise.diagnosis.diagnose:diagnose"),
)
