"""What is a mail address, as far as mail can be sent to it."""

import re
from urllib.parse import urlsplit

# What mail programs agree on: no quoted names, no addresses in brackets, letters of the DNS.
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*"
)


def is_mail_address(text: str) -> bool:
    """Tell whether mail can be sent to and from this address."""
    return bool(_MAIL.fullmatch(text)) and ".." not in text and not text.startswith(".")


def name_of_host(host: str) -> str:
    """Give a host without its port, as it stands in the second half of an address."""
    return urlsplit(f"//{host}").hostname or host
