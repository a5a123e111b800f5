"""The two families of errors: one item unusable (go on), or the run not to be trusted (stop)."""

from __future__ import annotations


class FairleadError(Exception):
    """An error with a stable code, one sentence of fact and a remedy in the imperative.

    ``code`` is listed in ``docs/reference/errors.md``. Neither sentence holds content or a person's name.
    """

    code = "FAIRLEAD-000"

    def __init__(self, fact: str, remedy: str, *, code: str | None = None) -> None:
        self.fact = fact
        self.remedy = remedy
        if code is not None:
            self.code = code
        super().__init__(f"{self.code}: {fact}\n{remedy}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.fact, self.remedy, self.code))


def _rebuild(kind: type[FairleadError], fact: str, remedy: str, code: str) -> FairleadError:
    return kind(fact, remedy, code=code)


class ItemError(FairleadError):
    """One item cannot be used: it gets a verdict, everything else goes on."""

    code = "ITEM-000"


class RunError(FairleadError):
    """Nothing after this point can be trusted: the command stops with exit code 2."""

    code = "RUN-000"


class UsageError(FairleadError):
    """The command was asked for something that does not exist or does not fit: exit code 64."""

    code = "USAGE-000"
