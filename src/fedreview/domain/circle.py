"""Who can be named in an answer, and whom a typed name means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody whom a text can name.

    actor: their ActivityPub id. handle: ``user@host``. url: http(s) address of their profile.
    """

    actor: str
    handle: str
    name: str
    url: str

    @property
    def short(self) -> str:
        """The handle without its host."""
        return self.handle.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Circle:
    """The people whom a text may name, each once."""

    people: tuple[Named, ...] = ()

    def find(self, handle: str) -> Named | None:
        """Give whom a handle means, as typed but for its first @.

        A name without its host means somebody only when just one here has it.
        """
        wanted, is_whole = handle.casefold(), "@" in handle
        found = [
            person
            for person in self.people
            if (person.handle if is_whole else person.short).casefold() == wanted
        ]
        return found[0] if len(found) == 1 else None
