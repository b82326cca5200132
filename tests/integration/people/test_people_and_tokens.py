"""People with roles, tokens with scopes, and the audit of both."""

from uuid import uuid4

import psycopg
import pytest

from dispatch import people
from dispatch.kit.errors import Conflict, NotAllowed, NotFound
from dispatch.kit.work import work
from dispatch.people import Caller, CallerKind, NewPerson, NewToken, PersonChange, Right, Role

PASSWORD = "a long enough one"


@pytest.fixture
def admin(database: str, setting: pytest.MonkeyPatch) -> Caller:
    setting.setenv("DISPATCH_PASSWORD", "the owner's password")
    with work() as unit:
        owner = people.ensure_owner(unit)
    return Caller(kind=CallerKind.PERSON, name="owner", rights=people.RIGHTS[Role.ADMIN], person_id=owner.id, address="203.0.113.7")


def create(name: str, role: Role, caller: Caller) -> people.Person:
    with work() as unit:
        return people.create_person(unit, NewPerson(name=name, role=role, password=PASSWORD), caller=caller)


def sign_in(name: str | None, password: str = PASSWORD) -> tuple[people.Person, str]:
    with work() as unit:
        return people.sign_in(unit, password, name=name, address="203.0.113.7")


def caller_of(secret: str) -> Caller | None:
    with work() as unit:
        return people.find_session_caller(unit, secret)


def make_token(admin: Caller, *scopes: Right, days: int | None = None) -> people.MadeToken:
    with work() as unit:
        return people.create_token(unit, NewToken(name="ci", scopes=frozenset(scopes), expires_in_days=days), caller=admin)


def carrier_of(token: str) -> Caller | None:
    with work() as unit:
        return people.find_token_caller(unit, token)


@pytest.mark.parametrize("role", list(Role))
def test_a_person_signs_in_with_the_rights_of_their_role(admin, role):
    create("Ada Lovelace", role, admin)

    person, secret = sign_in("  ada LOVELACE ")

    assert (person.name, person.role) == ("Ada Lovelace", role)
    caller = caller_of(secret)
    assert caller is not None
    assert caller.rights == people.RIGHTS[role]


def test_passwords_are_stored_as_argon2id(admin, database):
    create("Ada", Role.VIEWER, admin)

    with psycopg.connect(database) as conn:
        (stored,) = conn.execute("SELECT password_hash FROM person WHERE name = 'Ada'").fetchone()
    assert stored.startswith("$argon2id$")


def test_the_owners_password_opens_nobody_elses_account(admin):
    create("Ada", Role.VIEWER, admin)

    with pytest.raises(people.WrongPassword):
        sign_in("Ada", "the owner's password")


def test_a_name_is_somebodys_whatever_its_capitals(admin):
    create("Ada", Role.VIEWER, admin)

    for name in ("ada", "ADA", "Owner"):
        with pytest.raises(Conflict):
            create(name, Role.VIEWER, admin)


def test_a_lesser_role_holds_from_that_moment(admin):
    ada = create("Ada", Role.ADMIN, admin)
    _, secret = sign_in("Ada")

    with work() as unit:
        people.change_person(unit, ada.id, PersonChange(role=Role.VIEWER), caller=admin)

    assert caller_of(secret) is None
    caller = caller_of(sign_in("Ada")[1])
    assert caller is not None
    assert not caller.may(Right.ADMIN)


def test_a_new_password_replaces_the_old(admin):
    ada = create("Ada", Role.VIEWER, admin)

    with work() as unit:
        people.change_person(unit, ada.id, PersonChange(password="another long one"), caller=admin)

    with pytest.raises(people.WrongPassword):
        sign_in("Ada")
    assert sign_in("Ada", "another long one")[0].name == "Ada"


def test_the_owner_cannot_be_demoted_or_locked_out(admin):
    with pytest.raises(Conflict), work() as unit:
        people.change_person(unit, admin.person_id, PersonChange(role=Role.VIEWER), caller=admin)


def test_a_person_who_is_not_there_cannot_be_changed(admin):
    with pytest.raises(NotFound), work() as unit:
        people.change_person(unit, uuid4(), PersonChange(role=Role.VIEWER), caller=admin)


def test_a_token_has_its_scopes_and_no_more(admin):
    made = make_token(admin, Right.READ, Right.ISSUES)

    caller = carrier_of(made.token)

    assert caller is not None
    assert (caller.kind, caller.name, caller.rights) == (CallerKind.TOKEN, "ci", {Right.READ, Right.ISSUES})


def test_a_tokens_secret_is_shown_once_and_stored_nowhere(admin, database):
    made = make_token(admin, Right.READ)

    with work() as unit:
        (listed,) = people.list_tokens(unit)
    assert not hasattr(listed, "token")
    with psycopg.connect(database) as conn:
        rows = [conn.execute(f"SELECT t::text FROM {table} t").fetchall() for table in ("api_token", "audit")]
    assert made.token not in str(rows)


def test_a_revoked_token_opens_nothing(admin):
    made = make_token(admin, Right.READ)

    with work() as unit:
        people.revoke_token(unit, made.id, caller=admin)

    assert carrier_of(made.token) is None


def test_a_token_expires(admin, clock):
    made = make_token(admin, Right.READ, days=1)
    assert carrier_of(made.token) is not None

    clock.travel(days=1, seconds=1)

    assert carrier_of(made.token) is None


def test_nobody_makes_a_token_with_a_right_they_do_not_have(admin):
    lesser = admin.model_copy(update={"rights": frozenset({Right.READ, Right.ADMIN})})

    with pytest.raises(NotAllowed):
        make_token(lesser, Right.SPAWN)


def test_no_token_acts_as_an_agent(admin):
    machine = admin.model_copy(update={"rights": people.MACHINE_RIGHTS})

    with pytest.raises(people.errors.BadScope):
        make_token(machine, Right.AGENT)


def test_every_change_is_audited_with_who_where_before_and_after(admin):
    ada = create("Ada", Role.VIEWER, admin)
    with work() as unit:
        people.change_person(unit, ada.id, PersonChange(role=Role.APPROVER), caller=admin)
    made = make_token(admin, Right.READ)
    with work() as unit:
        people.revoke_token(unit, made.id, caller=admin)

    with work() as unit:
        rows = people.list_audit(unit)

    assert [row.action for row in rows] == ["token.revoked", "token.created", "person.changed", "person.created"]
    changed = rows[2]
    assert (changed.actor.name, changed.address, changed.subject) == ("owner", "203.0.113.7", f"person:{ada.id}")
    assert (changed.before["role"], changed.after["role"]) == ("viewer", "approver")


def test_the_audit_is_read_page_by_page(admin):
    for n in range(5):
        create(f"Person {n}", Role.VIEWER, admin)

    with work() as unit:
        first = people.list_audit(unit, limit=3)
        second = people.list_audit(unit, before=first[-1].id, limit=3)

    assert [row.after["name"] for row in first + second] == [f"Person {n}" for n in (4, 3, 2, 1, 0)]
