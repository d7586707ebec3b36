"""How the processes of a deployment end, for the shell and for whoever starts them again."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A clean end; what was found is not as it must be (topics, the database's schema); no broker answers; a fatal error.
CLEAN, MISMATCH, UNREACHABLE, FATAL = 0, 2, 3, 4
#: How aiokafka begins to say that no address answers; what follows are its own tuples of them.
NOBODY_THERE = "Unable to bootstrap from"
#: An address in aiokafka's messages, alone or in a list.
_ADDRESS = re.compile(r"\('([^']*)', (\d+), <AddressFamily[^>]*>\)")


def told(error: BaseException) -> str:
    """What an error says, for a line of a log; the name of its type if it says nothing. Addresses are HOST:PORT.

    >>> told(OSError("Unable to bootstrap from [('::1', 9092, <AddressFamily.AF_INET6: 10>)]")), told(TimeoutError())
    ('Unable to bootstrap from [::1:9092]', 'TimeoutError')
    """
    return _ADDRESS.sub(r"\1:\2", str(error)) or type(error).__name__


def no_broker(address: str, error: BaseException) -> str:
    """What a process says that ends because no broker answers.

    >>> no_broker("host:9092", OSError("no route"))
    'no broker at host:9092: no route'
    """
    return f"no broker at {address}{'' if NOBODY_THERE in str(error) else f': {error}'}"


def causes(error: BaseException) -> Iterator[BaseException]:
    """What went wrong, one by one, however it is grouped.

    >>> [str(cause) for cause in causes(ExceptionGroup("", [OSError("a"), ExceptionGroup("", [KeyError("b")])]))]
    ['a', "'b'"]
    """
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for part in error.exceptions:
        yield from causes(part)
