"""What the command says about mail."""

from collections.abc import Iterator

import pytest

from tests.postoffice import PostOffice, open_office_beside
from tests.stories.test_commands import Run, folder, one_line, run, site, site_with_author

__all__ = ["folder", "run", "site", "site_with_author"]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_office_beside() as office:
        yield office


def relay(office: PostOffice, *, login: str = "") -> str:
    return f"smtp://{login}127.0.0.1:{office.port}?starttls=never"


def test_a_mail_is_sent_and_the_answer_said(run: Run, office: PostOffice) -> None:
    result = run("mail", "test", "anna@mail.example", smtp_url=relay(office))

    assert result.exit_code == 0, result.output
    assert "took a mail for anna@mail.example" in result.stdout
    assert office.recipients == ["anna@mail.example"]
    assert office.newest()["subject"] == "A test mail from localhost:8000"


def test_what_the_mail_server_refuses_is_said_in_one_line(run: Run, office: PostOffice) -> None:
    office.says["RCPT"] = "550 5.7.1 Relaying denied"

    result = run("mail", "test", "anna@mail.example", smtp_url=relay(office))

    assert one_line(result) == (f"127.0.0.1:{office.port} answered 550: 5.7.1 Relaying denied")


def test_without_a_mail_server_or_an_address_nothing_is_tried(run: Run, office: PostOffice) -> None:
    nobody = run("mail", "test", "anna@mail.example")
    nowhere = run("mail", "test", "anna", smtp_url=relay(office))

    assert "set FEDREVIEW_SMTP_URL" in one_line(nobody)
    assert one_line(nowhere) == "anna is no mail address."
    assert office.sessions == 0


def test_the_doctor_asks_the_mail_server(run: Run, site: object, office: PostOffice) -> None:
    well = run("doctor", smtp_url=relay(office))
    locked_out = run("doctor", smtp_url=relay(office, login="anna:hunter2@"))

    assert f"✓ The mail server 127.0.0.1:{office.port} lets the site in." in well.stdout
    assert f"✗ No mail can be sent: 127.0.0.1:{office.port}" in locked_out.stdout
    assert "hunter2" not in locked_out.output
    assert locked_out.exit_code == 1
