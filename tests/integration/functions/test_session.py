"""Who gets in at the API's door, and who does not."""

import psycopg
import pytest

from dispatch.kit.work import work


def test_the_owner_signs_in_with_the_password_and_stays_signed_in(stranger):
    assert stranger.get("/api/auth").json == {"authenticated": False, "person": None}

    answer = stranger.sign_in()

    assert answer.status == 200
    assert answer.json["authenticated"] is True
    assert answer.json["person"] | {"id": "…"} == {"id": "…", "name": "owner", "role": "admin"}
    assert stranger.get("/api/auth").json == answer.json


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger):
    (cookie,) = stranger.sign_in().cookies

    assert cookie.startswith("dispatch_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=604800"} <= set(cookie.split("; "))


def test_the_cookie_is_secure_wherever_the_instance_is(stranger, setting):
    setting.setenv("PUBLIC_URL", "https://dispatch.example.com")

    (cookie,) = stranger.sign_in().cookies

    assert "Secure" in cookie.split("; ")


def test_no_secret_is_stored_as_it_is(stranger, database):
    stranger.sign_in()

    secret = stranger.cookie.split("=")[1]
    with psycopg.connect(database) as conn:
        (stored,) = conn.execute("SELECT encode(token_hash, 'escape') FROM session").fetchone()
    assert secret not in stored


def test_signing_out_ends_the_session_for_whoever_holds_the_cookie(owner):
    stolen = owner.cookie

    assert owner.delete("/api/auth").json == {"authenticated": False, "person": None}

    owner.cookie = stolen
    assert owner.get("/api/auth").json["authenticated"] is False
    assert owner.get("/api/feed/board").status == 401


def test_a_session_ends_after_seven_days(owner, clock):
    clock.travel(days=6, hours=23)
    assert owner.get("/api/feed/board").status == 200
    clock.travel(hours=2)
    assert owner.get("/api/feed/board").status == 401


@pytest.mark.parametrize("password", ["", "x", "correct horse battery stapl", "correct horse battery staplee", "é" * 999])
def test_a_wrong_password_of_any_length_is_401(stranger, password):
    answer = stranger.sign_in(password)

    assert answer.status == 401
    assert answer.json["code"] == "wrong_password"
    assert stranger.get("/api/feed/board").status == 401


def test_nobody_signs_in_where_no_password_is_set(stranger, setting):
    setting.setenv("DISPATCH_PASSWORD", "")

    assert stranger.sign_in("").status == 503


def test_five_wrong_passwords_in_a_minute_are_followed_by_a_pause(stranger, clock):
    assert [stranger.sign_in("wrong").status for _ in range(5)] == [401] * 5

    paused = stranger.sign_in()

    assert paused.status == 429
    assert 1 <= int(paused.headers["retry-after"]) <= 60
    clock.travel(seconds=int(paused.headers["retry-after"]) + 1)
    assert stranger.sign_in().status == 200


def test_the_pause_is_for_that_address_and_account_alone(stranger):
    for _ in range(6):
        stranger.sign_in("wrong", name="mallory")
    assert stranger.sign_in("wrong", name="mallory").status == 429

    assert stranger.sign_in("wrong", name="alice").status == 401
    stranger.address = "203.0.113.8"
    assert stranger.sign_in("wrong", name="mallory").status == 401


def test_a_success_strikes_out_the_failures_before_it(stranger):
    for _ in range(4):
        stranger.sign_in("wrong")
    assert stranger.sign_in().status == 200

    assert [stranger.sign_in("wrong").status for _ in range(5)] == [401] * 5


@pytest.mark.parametrize(
    "bearer", ["", "x", "dk_for_tests_onl", "dk_for_tests_only2", "dpt_" + "a" * 43, "a" * 5000, "é\x80", "null", "dr_x"]
)
def test_a_wrong_key_of_any_length_is_401(stranger, bearer):
    stranger.bearer = bearer

    answer = stranger.get("/api/feed/board")

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("authorization", ["Basic b3duZXI6cHc=", "Bearer", "Bearer  ", "dk_for_tests_only", ""])
def test_a_key_in_the_wrong_place_is_401_even_beside_a_good_cookie(owner, authorization):
    assert owner.get("/api/feed/board", headers={"authorization": authorization}).status == 401


def test_no_key_opens_anything_where_none_is_set(machine, setting):
    setting.setenv("DISPATCH_API_KEY", "")

    for bearer in ("", "dk_for_tests_only"):
        machine.bearer = bearer
        assert machine.get("/api/feed/board").status == 401


def test_a_browsers_write_from_another_site_is_refused(owner):
    owner.headers = {}

    answer = owner.post("/api/tokens", {"name": "evil", "scopes": ["admin"]})

    assert answer.status == 403
    assert answer.json["code"] == "not_from_here"
    assert owner.get("/api/tokens").json["items"] == []


def test_a_disabled_person_is_out_at_once(owner, stranger):
    person = owner.post("/api/people", {"name": "Ada", "role": "viewer", "password": "a long enough one"}).json
    stranger.sign_in("a long enough one", name="ada")
    assert stranger.get("/api/feed/board").status == 200

    owner.patch(f"/api/people/{person['id']}", {"disabled": True})

    assert stranger.get("/api/feed/board").status == 401
    assert stranger.sign_in("a long enough one", name="ada").status == 401


def test_guesses_made_at_once_are_all_counted(instance):
    """Each guess is counted before it is looked at: a burst gets no more tries than a queue."""
    import threading

    from dispatch import people
    from dispatch.kit import work as works

    let_through: list[int] = []

    def guess():
        try:
            with work() as unit:
                people.note_attempt(unit, name=None, address="203.0.113.9")
            let_through.append(1)
        except people.TooManyAttempts:
            pass
        finally:
            works.close_connection()

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_through) == 5
