"""Whether mail can be sent with what the settings say."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote

from fedreview.mail.addresses import is_mail_address
from fedreview.mail.relay import Relay, Tls
from fedreview.settings.addresses import is_readable, split

SMTP_URL, MAIL_FROM = "FEDREVIEW_SMTP_URL", "FEDREVIEW_MAIL_FROM"
PORTS = {"smtp": 587, "smtps": 465}

_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_STARTTLS = {"required": Tls.REQUIRED, "opportunistic": Tls.OPPORTUNISTIC, "never": Tls.NEVER}


def relay_from_text(
    url: str, sender: str, *, host: str, ca_file: Path | None, problems: list[str]
) -> Relay | None:
    """Read which mail server to use; None for none. host: of the site.

    What is wrong is added to `problems`, never with the password.
    """
    if sender and not is_mail_address(sender):
        problems.append(f"{MAIL_FROM} must be a mail address such as notices@reviews.example.")
    if not url:
        return None
    parts, port = split(url)
    found = _problems(parts)
    if parts is None or found:
        problems.extend(found)
        return None
    name = parts.hostname or ""
    sender = sender or f"notices@{host}"
    if not is_mail_address(sender):
        problems.append(f"{MAIL_FROM} is needed: {sender} is no address that mails can come from.")
    return Relay(
        host=name,
        port=PORTS[parts.scheme] if port is None else port,
        tls=_tls(parts),
        sender=sender,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=str(ca_file or ""),
    )


def _problems(parts: SplitResult | None) -> list[str]:
    example = f"{SMTP_URL} must look like smtp://user:password@mail.example:587 or smtps://…"
    if parts is None or parts.scheme not in PORTS or not _is_host(parts.hostname or ""):
        return [f"{example}; write / @ : ? # and % of a password as %2F %40 %3A %3F %23 and %25."]
    found = []
    if parts.path not in {"", "/"} or parts.fragment:
        found.append(f"{SMTP_URL} must end after the host and port, or with ?starttls=….")
    if bool(parts.username) != bool(parts.password):
        found.append(f"{SMTP_URL} has only one of user and password: give both, or neither.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    starttls = options.pop("starttls", "required")
    if options or starttls not in _STARTTLS or (parts.scheme == "smtps" and parts.query):
        found.append(
            f"{SMTP_URL} may end with ?starttls=required, opportunistic or never, "
            "and only after smtp://."
        )
    elif parts.password and not _is_safe(parts):
        found.append(
            f"{SMTP_URL} would send its password readable by all on the way: "
            "leave starttls out, or say required."
        )
    return found


def _tls(parts: SplitResult) -> Tls:
    if parts.scheme == "smtps":
        return Tls.FROM_START
    chosen = dict(parse_qsl(parts.query)).get("starttls")
    # A server on this machine has no certificate that anybody could check.
    usual = "opportunistic" if _is_here(parts.hostname or "") and not parts.password else "required"
    return _STARTTLS[chosen or usual]


def _is_safe(parts: SplitResult) -> bool:
    tls = _tls(parts)
    return tls in {Tls.FROM_START, Tls.REQUIRED} or _is_here(parts.hostname or "")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    return is_readable(ipaddress.ip_address, host) and ipaddress.ip_address(host).is_loopback


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or is_readable(ipaddress.ip_address, host)
