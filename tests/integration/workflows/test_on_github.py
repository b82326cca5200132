"""Every workflow on GitHub, from its dispatch to its outcome: the shipped files' own steps, with the rights they name."""

from tests.integration.workflows.acting import Acting


def test_an_investigation_ends_with_a_plan(act: Acting) -> None:
    done = act.run("prd-investigate")

    assert done.job.conclusion == "success", done.job.log
    assert done.run["outcome"] == "investigation_complete"
