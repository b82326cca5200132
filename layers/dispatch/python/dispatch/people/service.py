"""Letting people in, changing what they may do, and keeping them out again."""

from uuid import UUID

from dispatch import stream
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.people import store
from dispatch.people.auditing import audit_by
from dispatch.people.errors import NameTaken, NoSuchPerson, OwnerStays
from dispatch.people.shapes import Caller, NewPerson, Person, PersonChange, PersonDetails, PersonRow
from dispatch.people.signing_in import OWNER, ensure_owner, hash_password


def create_person(work: Work, new: NewPerson, *, caller: Caller) -> Person:
    """The person can sign in. Raises NameTaken."""
    person = PersonRow(id=new_id(), name=new.name, role=new.role, password_hash=hash_password(new.password), disabled_at=None)
    if new.name.lower() == OWNER or not store.insert_person(work.conn, person, now=work.now):
        raise NameTaken
    audit_by(work, caller, "person.created", f"person:{person.id}", after={"name": person.name, "role": person.role})
    return Person(id=person.id, name=person.name, role=person.role)


def change_person(work: Work, person_id: UUID, change: PersonChange, *, caller: Caller) -> Person:
    """The person's role, password or access is as asked, and their open sessions and sockets are ended. Raises NoSuchPerson, OwnerStays."""
    person = store.lock_person(work.conn, person_id)
    if person is None:
        raise NoSuchPerson
    if person.password_hash is None:
        raise OwnerStays
    changed = _changed(work, person, change)
    store.update_person(work.conn, changed)
    store.revoke_sessions_of(work.conn, person_id, now=work.now)
    stream.disconnect_caller(work, person_id=person_id)
    audit_by(work, caller, "person.changed", f"person:{person_id}", before=_audited(person), after=_audited(changed))
    return Person(id=changed.id, name=changed.name, role=changed.role)


def list_people(work: Work) -> list[PersonDetails]:
    """Everybody, by name, the owner among them."""
    ensure_owner(work)
    return store.list_people(work.conn)


def _changed(work: Work, person: PersonRow, change: PersonChange) -> PersonRow:
    disabled_at = person.disabled_at
    if change.disabled is not None:
        disabled_at = (disabled_at or work.now) if change.disabled else None
    return PersonRow(
        id=person.id,
        name=person.name,
        role=change.role or person.role,
        password_hash=hash_password(change.password) if change.password else person.password_hash,
        disabled_at=disabled_at,
    )


def _audited(person: PersonRow) -> dict[str, object]:
    return {"name": person.name, "role": person.role, "disabled": person.disabled_at is not None}
