"""An application of somebody else."""

from dure.application import Application

OTHER = Application(
    slug="other",
    title_en="Other",
    title_ko="다른 것",
    report_rows=(),
    contracts=(),
    roles=(),
    stories=(),
    pages=(),
    package="tests.unit.application",
)
