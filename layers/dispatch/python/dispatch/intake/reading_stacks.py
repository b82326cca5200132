"""The stack of an event of Sentry's, as text: as its language writes it, so that it looks like the same stack in a log."""

from typing import Any

from dispatch.intake.told import fields, first, items, objects, text

MOST_EXCEPTIONS = 5
MOST_FRAMES = 50  # those nearest to the error
OF_CLASSES = (".java", ".kt", ".scala", ".groovy")


def read_stack(event: dict[str, Any]) -> tuple[str | None, str | None]:
    """The error's words and its stack, None where the event has none: a monitor's or a check's has not."""
    exceptions = _exceptions(event)[-MOST_EXCEPTIONS:]
    if not exceptions:
        return None, None
    write = _as_python if text(event.get("platform")) == "python" else _as_most
    return _words(exceptions[-1]), "\n\n".join(write(one) for one in reversed(exceptions)) if any(map(_frames, exceptions)) else None


def _exceptions(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The last one is the one that was not caught. The API keeps them among the event's entries."""
    entries = [entry["data"] for entry in objects(event.get("entries")) if entry.get("type") == "exception" and "data" in entry]
    told = entries[0] if entries else event.get("exception")
    return objects(fields(told).get("values") or items(told))


def _frames(exception: dict[str, Any]) -> list[dict[str, Any]]:
    return objects(fields(exception.get("stacktrace")).get("frames"))[-MOST_FRAMES:]


def _words(exception: dict[str, Any]) -> str:
    return ": ".join(filter(None, (text(exception.get("type")), text(exception.get("value"))))) or "An error without words"


def _as_python(exception: dict[str, Any]) -> str:
    lines = ["Traceback (most recent call last):"]
    for frame in _frames(exception):
        lines.append(f'  File "{_file(frame)}", line {_line(frame)}, in {_function(frame)}')
        if code := first(frame.get("context_line")):
            lines.append(f"    {code}")
    return "\n".join([*lines, _words(exception)])


def _as_most(exception: dict[str, Any]) -> str:
    return "\n".join([_words(exception), *(f"    at {_place(frame)}" for frame in reversed(_frames(exception)))])


def _place(frame: dict[str, Any]) -> str:
    """Java's class tells the folder that its file's name does not."""
    file, line, function = _file(frame), _line(frame), _function(frame)
    if file.endswith(OF_CLASSES) and (name := text(frame.get("module"))):
        return f"{name}.{function}({file}:{line})"
    return f"{function} ({file}:{line}{_column(frame)})"


def _file(frame: dict[str, Any]) -> str:
    return first(frame.get("filename"), frame.get("abs_path"), frame.get("absPath"), frame.get("module")) or "?"


def _line(frame: dict[str, Any]) -> str:
    return first(frame.get("lineno"), frame.get("lineNo")) or "0"


def _column(frame: dict[str, Any]) -> str:
    column = first(frame.get("colno"), frame.get("colNo"))
    return f":{column}" if column else ""


def _function(frame: dict[str, Any]) -> str:
    return first(frame.get("function")) or "<anonymous>"
