"""The exceptions of this package. Each is also the built-in exception that says the same."""


class Error(Exception):
    """The library has refused or failed; the text says why."""


class InvalidArgument(Error, ValueError):
    """An argument is wrong; the text says which and what is allowed."""


class CannotRead(Error, OSError):
    """There is no such file, or the system does not let us read it."""


class BadFile(Error, ValueError):
    """The file is damaged, or no network."""


class Unsupported(Error, NotImplementedError):
    """The network is of a kind that this library cannot represent; the text says what is missing."""


class Unavailable(Error, RuntimeError):
    """There is no such device here."""


class OutOfMemory(Error, MemoryError):
    """The tensors of the network or of the pictures do not fit into memory."""


class InternalError(Error, RuntimeError):
    """A mistake of the library."""


# By the codes of stylegan2.h.
BY_CODE = {
    1: InvalidArgument,
    2: CannotRead,
    3: BadFile,
    4: Unsupported,
    5: Unavailable,
    6: OutOfMemory,
    7: InternalError,
}
