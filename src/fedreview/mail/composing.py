"""Make a mail of what is to be said: headers, a plain text and the same as HTML."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from fedreview.mail.addresses import name_of_host
from fedreview.mail.writing import Words, as_text, one_line

# Seven bits go through every server; eight only where each on the way says so.
_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Around a mail.

    id: the first half of its Message-ID. host: ours. sender_name: what the site is called.
    about: ids of what it is about, the outermost first, so that mails on one thing stand together.
    unsubscribe: address for one click of a mail program, or "".
    """

    id: str
    host: str
    sender: str
    sender_name: str
    recipient: str
    sent_at: datetime
    about: tuple[str, ...] = ()
    unsubscribe: str = ""


def compose(envelope: Envelope, words: Words) -> bytes:
    """Give a mail as the bytes that are sent.

    Source: RFC 5322; RFC 3834 (Auto-Submitted); RFC 2369 and 8058 (one click unsubscribes).
    """
    mail = EmailMessage(_POLICY)
    mail["From"] = _address(envelope.sender_name, envelope.sender)
    mail["To"] = _address("", envelope.recipient)
    mail["Subject"] = one_line(words.subject)
    mail["Date"] = format_datetime(envelope.sent_at)
    mail["Message-ID"] = _id(envelope, envelope.id)
    if envelope.about:
        mail["References"] = " ".join(_id(envelope, each) for each in envelope.about)
    mail["Auto-Submitted"] = "auto-generated"
    # Exchange does not read that one. Source: [MS-OXCMAIL] 2.1.3.2.20
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = f"<notices.{name_of_host(envelope.host)}>"
    if envelope.unsubscribe:
        mail["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(as_text(words))
    mail.add_alternative(_template().render(words=words), subtype="html")
    return mail.as_bytes()


def _address(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=address)


def _id(envelope: Envelope, id: str) -> str:
    return f"<{id}@{name_of_host(envelope.host)}>"


@cache
def _template_environment() -> Environment:
    made = Environment(
        loader=PackageLoader("fedreview.mail"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["one_line"] = one_line
    return made


def _template() -> Template:
    return _template_environment().get_template("mail.html")
