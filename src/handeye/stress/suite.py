"""The Perception Stress Test as the rest of the house sees it: its table of contents.

It joins the register when all that is named here is there.
"""

from __future__ import annotations

from handeye.stress.respondents.models import RESPONDENTS
from handeye.suite import Part, Suite

SUITE = Suite(
    name="stress",
    title="PST",
    about="Perception Stress Test: does a model trust its eyes or the words?",
    unit="items",
    scene="groups",
    run_format=1,
    commands=Part("handeye.stress.commands:app"),
    run_command=Part("handeye.stress.commands.run:stress"),
    respondents=RESPONDENTS,
    recognizes=Part("handeye.stress.loader:recognizes"),
    generate=Part("handeye.stress.scenes.generation:generate"),
    load=Part("handeye.stress.loader:load"),
    describe=Part("handeye.stress.scenes.description:describe"),
    verify=Part("handeye.stress.scenes.verification:verify"),
    run=Part("handeye.stress.asking.run:run_stress"),
    asking=Part("handeye.stress.asking.questions:Asking"),
    job=Part("handeye.stress.asking.run:job"),
    task=Part("handeye.stress.asking.task:stress"),
    score_files=Part("handeye.stress.scoring.file_scoring:score_files"),
    score_so_far=Part("handeye.stress.scoring.file_scoring:score_so_far"),
    summarize=Part("handeye.stress.scoring.summary:summarize"),
    looks=Part("handeye.stress.scoring.looks:looks"),
    open_run=Part("handeye.stress.scoring.run_folder:read_run"),
    tables=Part("handeye.stress.scoring.tables:tables"),
    quantities=Part("handeye.stress.comparing.quantities:quantities"),
    pair_cards=Part("handeye.stress.pages.pair_cards:pair_cards"),
    report=Part("handeye.stress.pages.page:write_page"),
    print_run=Part("handeye.stress.pages.console:print_run"),
    teaches=Part("handeye.stress.teaching.lesson:StressLesson"),
    train_command=Part("handeye.stress.commands.train:stress"),
    people=Part("handeye.stress.human.people:StressPeople"),
    probed=Part("handeye.stress.probed:StressProbed"),
    rewarded=Part("handeye.stress.rewarded:rewarded"),
    perceived=Part("handeye.stress.perceived:perceived"),
    ladder=Part("handeye.stress.teaching.ladder:plan"),
    diagnose=Part("handeye.stress.diagnosis.diagnose:diagnose"),
)
