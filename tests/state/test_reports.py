"""What is kept about the guests of imports."""

from state.reports import FileReport, Report, RuleReport
from state.store import Store

REPORT = Report(
    task_id="import-ami-1",
    accepted=True,
    guest={"linux": {"distribution": "debian", "version": "12.4"}, "unseen": []},
    rules=(RuleReport(rule="kernel", passed=True, sentence="The kernel is known."),),
    changes=(FileReport(path="/etc/fstab", reason="by UUID", kept="/etc/fstab.orig"),),
    left_out=("The agent was not installed.",),
)


def test_a_report_comes_back_as_it_was(store: Store) -> None:
    with store.begin() as tx:
        tx.reports.put(REPORT)

    with store.read() as tx:
        assert tx.reports.get("import-ami-1") == REPORT
        assert tx.reports.get("import-ami-2") is None


def test_a_later_attempt_writes_its_own_over_it(store: Store) -> None:
    refused = REPORT.model_copy(update={"accepted": False, "changes": ()})
    with store.begin() as tx:
        tx.reports.put(REPORT)
        tx.reports.put(refused)

    with store.read() as tx:
        assert tx.reports.get("import-ami-1") == refused
