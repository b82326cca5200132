"""A message made equal: what varies from one report of an error to the next is replaced by a star, so that equal errors have equal words.

Each pattern walks the text once: no repetition stands within another, and none gives back what it took, so that no message is slow to read.
"""

import re
from hashlib import sha256

from pydantic import ConfigDict

from dispatch.kit.shapes import Shape

VERSION = 1  # raised whenever a message's normal form changes: fingerprints of different versions cannot be compared
MOST_LETTERS = 2_048  # of a message are looked at, and the rest is cut off: more than a report may bring
STAR = "*"

QUOTED = re.compile(
    r"""
      "[^"]*+"
    | `[^`]*+`
    | (?<![\w*]) ' [^']*+ (?: (?<=[\w*])'(?=[\w*]) [^']*+ )*+ '   # an apostrophe within a word ends nothing
    """,
    re.VERBOSE,
)
# Every match begins where a word begins, and takes the whole of it: what is left beside a star can never be taken for something else.
VARIABLE = re.compile(
    r"""
      (?P<url> :// (?P<host>[^\s/?\#'"`<>()\[\]{},;]*+) (?P<path>[/?\#][^\s'"`<>()\[\]{},;]++)? )
    | (?P<jwt> (?<![\w*-]) eyJ[A-Za-z0-9_-]*+ \.eyJ[A-Za-z0-9_-]*+ \.[A-Za-z0-9_-]++ )
    | (?<![\w.+*-]) [\w.+-]++ @ [\w.-]++                                           # an e-mail address
    | (?<![A-Za-z0-9]) (?: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?[ ] )?+ (?:                    # Fri, Jul 17 and 17/Jul/2026
          (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} [ ] [0-9]{1,2}
        | [0-9]{1,2} [ /-] (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} [ /-] [0-9:]{2,13} ) (?![A-Za-z0-9])
    | (?P<told> (?<![A-Za-z0-9]) (?i: (?:http[ ])?status(?:[ _]?code)? | (?:exit|error|response|return|close|with)[ _]?(?:code|status)
        | code(?==) | errno | signal | smtp | sqlstate | http(?:/[0-9.]{1,3})? ) [\[\](")']?[ ]?[:=]?[ ]?
        [0-9]{1,5} (?![\w.:,/-]*+[0-9A-Za-z]) )                                                      # it says which error
    | (?P<coded> (?i:error|exception):?[ ] (?: [A-Z]{1,5}-?[0-9]{3,5} | [0-9]{1,5}(?=$|[:;()\]]|,[ ]|[ ]\() ) (?![\w.:,/-]*+[0-9A-Za-z]) )
    | (?<![A-Za-z0-9]) (?:
          [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12} (?![A-Za-z0-9])
        | (?<!:) (?=[a-fA-F:]{0,20}[0-9]) (?![0-9]++(?::[0-9]++)*+(?![0-9a-fA-F:]))                # IPv6, but no time of day
          (?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4} (?![\w:])
        | (?: [0-9]{1,9}(?:ms|[dhms]) ){2,6} (?![A-Za-z0-9])                                     # 1m30s
        | [-+]?[0-9]++ (?:[.:,/_T+-][0-9]++)*+ (?: Z | [ ]? (?:
              [nuµm]?s | secs? | seconds? | mins? | minutes? | [mhd] | hrs? | hours? | days? | [KMGT]?i?B | bytes? ) )? (?![A-Za-z0-9])
        | (?<!\*) (?: 0[xX][0-9a-fA-F]++ | [0-9a-fA-F]{8,}+ ) (?![A-Za-z0-9*])
        | (?P<mixed> (?=[A-Za-z]*+[0-9]) [A-Za-z0-9]++ )
      )
    """,
    re.VERBOSE,
)
STARS = re.compile(r"(?<!\S)\*++(?: \*++(?!\S))++|\*\*++")
DIGITS = re.compile("[0-9]+")
LETTER = re.compile(r"[^\W\d_]")


class Fingerprint(Shape):
    """What makes errors the same: `hash` is SHA-256, in hex, of `source|feature|message`, the message in its normal form of `version`."""

    model_config = ConfigDict(frozen=True)

    hash: str
    message: str
    version: int = VERSION


def fingerprint_of(source: str, feature: str, message: str) -> Fingerprint:
    """The fingerprint of a message of that source and feature."""
    normal = normalise(message)
    return Fingerprint(hash=sha256(f"{source}|{feature}|{normal}".encode(errors="replace")).hexdigest(), message=normal)


def normalise(message: str) -> str:
    """The message's normal form: in it, what varies is a star. Of a long message, only the first MOST_LETTERS letters count."""
    whole = message if len(message) <= MOST_LETTERS else message[:MOST_LETTERS].rpartition(" ")[0] or message[:MOST_LETTERS]
    text = " ".join(whole.split())
    unquoted = QUOTED.sub(STAR, text)
    if not LETTER.search(unquoted):  # it was quoted as a whole: then what is in the quotes is the message
        unquoted = text
    return STARS.sub(STAR, VARIABLE.sub(_equal, unquoted))


def _equal(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "url" | "path" | "host":
            return f"://{_host(found['host'])}" + ("/*" if found["path"] else "")
        case "jwt":
            return "JWT_*"
        case "told" | "coded":
            return found[0]
        case "mixed":
            return _mixed(found)
        case _:
            return STAR


def _host(host: str) -> str:
    name, colon, port = host.rpartition("@")[2].partition(":")
    is_address = name.replace(".", "").isdigit()
    return (STAR if is_address else name) + (colon and f":{STAR if port.isdigit() else port}")


def _mixed(found: re.Match[str]) -> str:
    """Of `worker7` and `5xx` the letters are kept, of an id such as `x7Kq2mP9` nothing is."""
    word = found[0]
    is_id = found.string[found.start() - 1 : found.start()] == "_" or (len(word) >= 8 and len(DIGITS.findall(word)) > 1)
    return STAR if is_id else DIGITS.sub(STAR, word)
