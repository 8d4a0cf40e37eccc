"""Background work of credit."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job, periodic

from . import services


@periodic("credit.end_publicity", cron="5 16 * * *")
def end_publicity(*, timestamp: int) -> None:
    """Five past midnight in China: what the rule no longer shows is marked as ended."""
    services.end_publicity(at=clock.now())


@periodic("credit.refresh_procedures", cron="10 16 * * *")
def refresh_procedures(*, timestamp: int) -> None:
    """Ten past midnight in China: procedures take the periods of rules that begin today."""
    services.refresh_procedures(at=clock.now())


@job("credit.make_paper", retries=5)
def make_paper(*, paper_id: str) -> None:
    """Make the files of a paper of a roster's procedure."""
    services.make_paper_files(UUID(paper_id), at=clock.now())


@job("credit.make_report", retries=5)
def make_report(*, report_id: str) -> None:
    """Make the files of a report."""
    services.make_report_files(UUID(report_id), at=clock.now())


@job("credit.evaluate")
def evaluate(*, subject_id: str) -> None:
    """Evaluate a subject anew after its archive changed."""
    services.evaluate_subject(UUID(subject_id), at=clock.now())


@periodic("credit.remind_of_checks", cron="30 0 * * *")
def remind_of_checks(*, timestamp: int) -> None:
    """Half past eight in China: commitments that are due for their check."""
    services.remind_of_checks(at=clock.now())
