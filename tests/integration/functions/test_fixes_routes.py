"""Fixes over the API: how an error stands, and how its issue is closed."""

from tests import doing, hooks
from tests.integration.verification import steps


def test_closing_an_errors_issue_early_is_409_with_its_code_and_goes_through_with_a_reason(instance, queues, owner):
    issue = steps.make_error()

    refused = owner.patch(f"/api/issues/{issue.identifier}", {"status": "Done"})
    taken = owner.patch(f"/api/issues/{issue.identifier}", {"status": "Done", "reason": "It cannot happen any more."})

    assert (refused.status, refused.json["code"]) == (409, "FIX_VERIFICATION_REQUIRED")
    assert refused.json["detail"].endswith("To close it now, say why.")
    assert (taken.status, taken.json["status"]["name"]) == (200, "Done")


def test_an_error_without_a_fix_shows_its_chart_and_an_issue_that_is_no_errors_shows_nothing(instance, queues, owner):
    issue, plain = steps.make_error(), doing.make_issue()

    shown = owner.get(f"/api/issues/{issue.identifier}/fix").json
    nothing = owner.get(f"/api/issues/{plain.identifier}/fix").json

    assert shown["family"]["name"].startswith("shop/orders#")
    assert (shown["attempts"], shown["closing_needs_reason"]) == ([], True)
    assert len(shown["chart"]["counts"]) == 7 * 24 + 1
    assert nothing == {"family": None, "attempts": [], "chart": None, "closing_needs_reason": False}


def test_a_fix_is_watched_on_by_an_approver_where_one_is_unproven(instance, queues, owner, github_door, setting, clock):
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)
    issue = steps.make_error()
    path = f"/api/issues/{issue.identifier}/fix/watch"
    assert owner.post(path, {"hours": 24}).status == 409
    steps.merge(issue)
    steps.sweep_until(clock, "unproven", issue, days=17)

    owner.sign_in()  # two weeks have passed
    watched = owner.post(path, {"hours": 24})

    assert owner.post(path, {"hours": 0}).status == 422
    assert (watched.status, watched.json["state"]) == (200, "watching")
    assert watched.json["numbers"]["needed"] == 3
    assert owner.get(f"/api/issues/{issue.identifier}/fix").json["attempts"][0]["state"] == "watching"
