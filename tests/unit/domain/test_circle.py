import pytest

from fedreview.domain.circle import Circle, Named


def a_named(handle: str) -> Named:
    name, _, host = handle.partition("@")
    url = f"https://{host}/@{name}"
    return Named(actor=f"https://{host}/users/{name}", handle=handle, name=name.title(), url=url)


KIM, LEE, OTHER_LEE = map(a_named, ("kim@a.example", "Lee@b.example", "lee@c.example"))
CIRCLE = Circle((KIM, LEE, OTHER_LEE))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kim", KIM),
        ("KIM@A.example", KIM),
        ("lee@c.example", OTHER_LEE),
        ("lee", None),
        ("kim@b.example", None),
        ("zoe", None),
        ("", None),
    ],
)
def test_a_name_means_somebody_when_only_one_has_it(typed: str, meant: Named | None) -> None:
    assert CIRCLE.find(typed) == meant
