"""Asking before money is spent: a question with buttons, and what the pressed one does, once."""

from uuid import UUID

from dispatch import spawning, stream
from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.orchestrator import chat_store, choice_store, saying
from dispatch.orchestrator.shapes import AskedChoice, Choice, ChoiceIsTaken, ChoiceNotFound, Option, SpawnAction, Turn
from dispatch.orchestrator.views import show_choice
from dispatch.spawning import NewSpawn, Spawn, SpawnState

YES, NO = "yes", "no"


def ask(work: Work, question: str, yes: str, action: SpawnAction, *, turn_id: UUID, chat_id: UUID, tool_use_id: str) -> UUID:
    """The question stands in the chat with two buttons; an older open one about the same spawn is closed. Nothing has started."""
    for old in choice_store.expire_choices(work.conn, chat_id, issue_id=action.issue_id, workflow=action.workflow):
        stream.publish(work, f"chat:{chat_id}", Event.CHOICE_TAKEN, {"choice": old.id, "option": None, "state": "expired"})
    options = [Option(key=YES, label=yes, primary=True), Option(key=NO, label="Not now")]
    choice = Choice(id=new_id(), question=question, options=options, state="open", taken=None)
    choice_store.insert_choice(
        work.conn,
        choice.id,
        turn_id=turn_id,
        chat_id=chat_id,
        tool_use_id=tool_use_id,
        question=question,
        options=options,
        action=action,
        at=work.now,
    )
    stream.publish(work, f"chat:{chat_id}", Event.TURN_CHOICE, {"turn": turn_id, "choice": choice})
    return choice.id


def take_choice(work: Work, choice_id: UUID, option: str, *, actor: Actor) -> tuple[Choice, Turn]:
    """The button is pressed and has had its effect, and a turn tells the model what came of it.

    Raises ChoiceNotFound, BadInput for a button that is not there, and ChoiceIsTaken, naming who was first.
    """
    choice = _hold(work, choice_id)
    pressed = next((one for one in choice.options if one.key == option), None)
    if pressed is None:
        raise BadInput(f"There is no button {option[:50]!r}. There are: {', '.join(one.key for one in choice.options)}.")
    if choice.state != "open":
        raise _closed(choice)
    choice_store.take_choice(work.conn, choice.id, option=option, taken_by=actor, at=work.now)
    outcome = _request_spawn(work, choice.action, actor) if option == YES else "Nothing was started, as the person said no."
    taken = {"choice": choice.id, "option": option, "state": "taken", "by": actor}
    stream.publish(work, f"chat:{choice.chat_id}", Event.CHOICE_TAKEN, taken)
    told = f"[{actor.name} pressed “{pressed.label}” on “{choice.question}”]\n{outcome}"
    turn = saying.begin_turn(work, choice.chat_id, f"{pressed.label}: {choice.action.identifier}", actor=actor, told=told)
    return show_choice(choice.model_copy(update={"state": "taken", "taken": option})), turn


def _hold(work: Work, choice_id: UUID) -> AskedChoice:
    """The choice as it is once its chat is held: of several who press at once, each sees what the one before did."""
    found = choice_store.find_choice(work.conn, choice_id)
    if found is None or chat_store.lock_chat(work.conn, found.chat_id) is None:
        raise ChoiceNotFound
    held = choice_store.find_choice(work.conn, choice_id)
    if held is None:
        raise ChoiceNotFound
    return held


def _closed(choice: AskedChoice) -> ChoiceIsTaken:
    if choice.taken_by is None:
        return ChoiceIsTaken("A newer question took this one's place. Answer that one.")
    label = next((option.label for option in choice.options if option.key == choice.taken), choice.taken)
    return ChoiceIsTaken(f"{choice.taken_by.name} pressed “{label}” already.", taken=choice.taken, taken_by=choice.taken_by.name)


def _request_spawn(work: Work, action: SpawnAction, actor: Actor) -> str:
    """What the gates said, for the model to pass on."""
    new = NewSpawn(workflow=action.workflow, words=action.words, cap_usd=action.cap_usd)
    return _outcome(spawning.request(work, action.issue_id, new, actor=actor))


def _outcome(spawn: Spawn) -> str:
    match spawn.state:
        case SpawnState.ADMITTED:
            return f"Admitted: the {spawn.workflow} run on {spawn.identifier} is being started; its lines appear on the issue as they come."
        case SpawnState.WAITING:
            place = f" It is number {spawn.place} in the queue." if spawn.place else ""
            return f"It waits, and starts by itself: {spawn.reason}{place}"
        case _:
            return f"Refused, nothing was started: {spawn.reason}"
