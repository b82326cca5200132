"""The scripted model: what answers when no key for a real one is set.

`door` is an ASGI application shaped like Anthropic's Messages API, so the same SDK and the same agent CLI speak to it by
base URL. Whatever it answers comes from the request alone: the words said, the tools offered, the results they gave.
"""

from infra.laptop.model.door import door, is_needed, make_door

__all__ = ["door", "is_needed", "make_door"]
