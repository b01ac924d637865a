"""Which mail server takes our mails, and how it is spoken to."""

from dataclasses import dataclass, field
from enum import StrEnum


class Tls(StrEnum):
    """When the connection is encrypted.

    OPPORTUNISTIC: when the server offers it; who stands between can take the offer out.
    """

    FROM_START = "from start"
    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A mail server that takes mails from us. username: "" where nobody signs in.

    sender: the address that mails come from. ca_file: roots to trust beside the system's, or "".
    """

    host: str
    port: int
    tls: Tls
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    @property
    def place(self) -> str:
        """Its name for logs and for people, without any secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
