"""What Alertmanager delivered, in the settings: what it did, and handled once more."""

import pytest
from playwright.sync_api import expect

from tests import alerts
from tests.e2e.conftest import Open
from tests.e2e.instance import Instance, until

pytestmark = pytest.mark.browser


def test_an_alert_delivered_tells_what_it_did_and_is_replayed_without_counting_twice(show: Open, instance: Instance) -> None:
    told = alerts.alert("fp-replayed", labels={"source": "replaying"}, annotations={"msg": "Told once", "event_count": "2"})
    instance.report(told)
    page = show("/settings#webhooks")
    deliveries = page.get_by_role("region", name="Deliveries", exact=True)
    deliveries.get_by_label("Source").select_option("loki")
    newest = deliveries.get_by_role("listitem").first
    expect(newest).to_contain_text("loki alertmanager")
    expect(newest).to_contain_text("created")

    newest.get_by_role("button", name="Replay").click()

    expect(page.get_by_text("It is heard once more within a minute.")).to_be_visible()
    handled = "SELECT answer FROM delivery WHERE source = 'loki' AND handled_at IS NOT NULL AND answer LIKE '%counted'"
    until(lambda: instance.rows(handled), 60, "the replay never was handled")
    assert instance.rows("SELECT occurrences FROM family WHERE source = 'replaying'") == [(2,)]
    deliveries.get_by_role("button", name="Look again").click()
    expect(newest).to_contain_text("counted")
