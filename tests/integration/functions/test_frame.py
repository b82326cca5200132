"""The API's frame: deny by default, bounded bodies, and refusals that say what is wrong and nothing else."""

import inspect
import re

import pytest
from fastapi.routing import APIRoute

from functions.api.app import create_app


def routes(app):
    """Every route, in routers within routers too."""
    for route in app.routes:
        if hasattr(route, "original_router"):
            yield from routes(route.original_router)
        else:
            yield route


def rules(dependant):
    """Every caller rule a route stands behind."""
    for one in dependant.dependencies:
        if getattr(one.call, "caller_rule", False):
            yield one.call
        yield from rules(one)


def test_no_route_is_without_a_caller_rule():
    app = create_app()
    found = list(routes(app))

    assert len(found) > 5
    for route in found:
        assert isinstance(route, APIRoute), f"{route} is no API route, so nothing asks who calls it"
        assert list(rules(route.dependant)), f"{route.path} lets anybody in: give it a caller from functions.api.callers, or PUBLIC"


PUBLIC = {
    ("GET", "/api/health"),
    ("GET", "/api/instance"),
    ("POST", "/api/auth"),
    ("GET", "/api/auth"),
    ("DELETE", "/api/auth"),
}


def test_a_stranger_gets_401_everywhere_but_at_the_few_public_doors(stranger):
    for path, methods in create_app().openapi()["paths"].items():
        for method in (name.upper() for name in methods):
            if (method, path) in PUBLIC:
                continue
            filled = re.sub(r"\{[^}]+\}", "0192ab34-0000-7000-8000-000000000000", path)
            answer = stranger.call(method, filled, {})
            assert answer.status == 401, f"{method} {path} answers a stranger {answer.status}"


def test_a_refusal_is_a_problem_with_a_sentence_a_code_and_a_trace(stranger):
    answer = stranger.get("/api/feed/board")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Sign in first.",
        "code": "not_signed_in",
        "trace_id": "trace-1",
    }


def test_bad_input_names_the_field(owner):
    answer = owner.post("/api/people", {"name": "Ada", "role": "king", "password": "long enough for us"})

    assert answer.status == 422
    assert "`role`" in answer.json["detail"]
    assert answer.json["code"] == "bad_input"


def test_a_body_that_is_no_json_is_422(owner):
    answer = owner.post("/api/people", raw=b"{nonsense")

    assert answer.status == 422
    assert "not JSON" in answer.json["detail"]


def test_a_body_above_a_megabyte_is_413(owner):
    answer = owner.post("/api/people", raw=b'{"name": "' + b"a" * 1_000_000 + b'"}')

    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == 413


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_a_body_whose_last_string_never_ends_is_answered_at_once(owner, end):
    answer = owner.post("/api/auth", raw=b"[" * 65 + b'"' + b'\\"' * 480_000 + end)

    assert answer.status == 422


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_body_nested_too_deep_is_422(owner, opening):
    answer = owner.post("/api/people", raw=opening * 60_000)

    assert answer.status == 422
    assert "nested" in answer.json["detail"]


def test_brackets_in_strings_are_no_nesting(owner):
    answer = owner.post("/api/people", {"name": "[" * 70 + '\\"' + "{" * 5, "role": "viewer", "password": "long enough for us"})

    assert answer.status == 201


def test_what_the_database_cannot_hold_is_bad_input(owner):
    assert owner.post("/api/auth", {"password": "x", "name": "a\0b"}).status == 422


def test_an_unknown_address_is_404_with_a_sentence(owner):
    answer = owner.get("/api/nowhere")

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_wrong_method_is_405_as_a_problem(owner):
    answer = owner.call("PUT", "/api/people")

    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")


def test_a_failure_of_ours_shows_no_insides(owner, database):
    import psycopg

    with psycopg.connect(database) as conn:
        conn.execute("ALTER TABLE api_token RENAME TO api_token_secret_name")

    answer = owner.get("/api/tokens")

    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "api_token" not in answer.text


def test_a_commit_that_fails_is_not_answered_200(owner, database):
    """A constraint that is checked at the commit fails after the route has returned."""
    import psycopg

    with psycopg.connect(database) as conn:
        conn.execute("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
        conn.execute(
            "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
        )

    answer = owner.post("/api/people", {"name": "Ada", "role": "viewer", "password": "long enough for us"})

    assert answer.status == 500
    assert [person["name"] for person in owner.get("/api/people").json["items"]] == ["owner"]


def test_health_says_whether_the_database_answers(stranger, setting):
    assert stranger.get("/api/health").json | {"timestamp": ""} == {
        "status": "healthy",
        "service": "dispatch",
        "timestamp": "",
        "database": "connected",
    }

    from dispatch.kit import work as works

    works.close_connection()
    setting.setenv("PG_DATABASE_URL", "postgresql://127.0.0.1:1/nowhere?connect_timeout=2")
    answer = stranger.get("/api/health")

    assert (answer.status, answer.json["database"]) == (503, "disconnected")


def test_the_instance_tells_its_name_to_anybody(stranger, setting):
    setting.setenv("INSTANCE_HINTS", "Add a key.\n\nChoose a repository.")

    answer = stranger.get("/api/instance")

    assert answer.status == 200
    assert answer.json["app_name"] == "Dispatch"
    assert answer.json["hints"] == ["Add a key.", "Choose a repository."]


def test_every_operation_has_a_name_of_its_own():
    """Clients are generated by these names; FastAPI only warns about a name used twice."""
    names = [operation["operationId"] for operations in create_app().openapi()["paths"].values() for operation in operations.values()]

    assert sorted(names) == sorted(set(names))


def test_every_route_runs_in_the_doors_own_thread():
    """A pooled thread would cost a third of a request, and bring its own database connection: routes are made with `Router`."""
    for route in routes(create_app()):
        assert inspect.iscoroutinefunction(route.endpoint), f"{route.path} would run in a thread pool: use functions.api.routing.Router"
