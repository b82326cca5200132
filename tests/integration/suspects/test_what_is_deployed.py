"""Deployments and ancestry with a GitHub that looks at rights and answers from git."""

from dispatch import deployments
from dispatch.kit.work import work
from tests.github.deploying import deploy
from tests.github.hub import NAME
from tests.github.identity import Token
from tests.integration.suspects.shop import BEGAN, Shop


def test_what_is_deployed_and_what_it_holds_is_known_with_the_right_to_read_it(shop: Shop, setting):
    second = shop.commit("Second", "shop/orders.py", hours=3)
    shop.deploy(shop.first, hours=2)
    deploy(shop.hub, second, "in_progress", "success", at=BEGAN)

    setting.setenv("GITHUB_TOKEN", shop.hub.give(Token("dispatch", {"contents": "read"})).value)
    assert deployments.look_for_missed() == 0
    setting.setenv("GITHUB_TOKEN", shop.hub.give(Token("dispatch", {"contents": "read", "deployments": "read"})).value)
    assert deployments.look_for_missed() == 1

    with work() as unit:
        newest = deployments.list_succeeded(unit, NAME, BEGAN)[-1]
    assert newest.sha == second
    assert deployments.contains(NAME, shop.first, newest.sha) is True
    assert deployments.contains(NAME, newest.sha, shop.first) is False
    assert deployments.contains(NAME, "f" * 40, newest.sha) is None
