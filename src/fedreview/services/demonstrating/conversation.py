"""The conversation of the demo: five people who do not exist, and what they say."""

from dataclasses import dataclass
from datetime import timedelta

AUTHOR = ""
"""Stands for the author of the review where a writer is named."""

REVIEW = ""
"""Stands for the review where it is said what a saying answers."""

LOST = "lost"
"""Stands for a saying that never reached this site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a host that cannot exist: names under .example are nobody's (RFC 2606)."""

    username: str
    host: str
    name: str

    @property
    def id(self) -> str:
        """Their ActivityPub id."""
        return f"https://{self.host}/users/{self.username}"

    @property
    def page(self) -> str:
        """Their profile page."""
        return f"https://{self.host}/@{self.username}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One reply.

    key: names it here, and in its address there.
    writer: a username, or AUTHOR.
    answers: the key of another saying, REVIEW or LOST.
    after: how long after the review was published.
    warning: what stands over it when it is folded away.
    likes: by how many of the others.
    is_deleted: whether its writer has taken it back.
    """

    key: str
    writer: str
    answers: str
    after: timedelta
    text: str
    warning: str = ""
    language: str = "en"
    likes: int = 0
    is_deleted: bool = False


PEOPLE = (
    Person(username="mirela", host="kino.example", name="Mirela Danko"),
    Person(username="sam", host="pixels.example", name="Sam Okafor"),
    Person(username="priya", host="books.example", name="Priya Raman"),
    Person(username="tobias", host="nordlicht.example", name="Tobias Holm"),
    Person(username="haru", host="hoshi.example", name="吉田ハル"),
)

SAYINGS = (
    Saying(
        key="101",
        writer="mirela",
        answers=REVIEW,
        after=timedelta(hours=2, minutes=10),
        text="I have been putting this one off for years, because of the wings on the box. "
        "You have just moved it to this weekend. Can I watch two a day, or should it be slower?",
        likes=2,
    ),
    Saying(
        key="answer-1",
        writer=AUTHOR,
        answers="101",
        after=timedelta(hours=3),
        text="Two a day is fine *until episode six*. After that one I would leave a night free: "
        "you will want it.",
        likes=3,
    ),
    Saying(
        key="201",
        writer="tobias",
        answers=REVIEW,
        after=timedelta(hours=5, minutes=40),
        text="",
        is_deleted=True,
    ),
    Saying(
        key="301",
        writer="sam",
        answers="201",
        after=timedelta(hours=7, minutes=5),
        text="Then it is not for you, and no harm is done. I gave up twice myself. The "
        "third time it was raining, and it worked.",
        likes=1,
    ),
    Saying(
        key="401",
        writer="priya",
        answers=REVIEW,
        after=timedelta(days=1, hours=4),
        warning="the last episode",
        text="I think Reki does ask much earlier, only nobody can hear it: every cigarette on "
        "that balcony is a question. When Rakka at last answers, she is a whole winter late, and "
        "it still counts. That is the part I cannot watch without a handkerchief.",
        likes=4,
    ),
    Saying(
        key="102",
        writer="mirela",
        answers="answer-1",
        after=timedelta(days=3, hours=8),
        text="You were right about episode six. I made tea afterwards and let it go cold.",
        likes=3,
    ),
    Saying(
        key="302",
        writer="sam",
        answers="102",
        after=timedelta(days=3, hours=9),
        text="Cold tea is part of it. I first saw it on borrowed discs, one a week, and there "
        "was a whole week of cold tea after that one.",
        likes=2,
    ),
    Saying(
        key="answer-2",
        writer=AUTHOR,
        answers="302",
        after=timedelta(days=3, hours=11),
        text="A disc a week is how it should be prescribed. Mirela, tell us when you have seen "
        "the end! I will put the kettle on.",
        likes=1,
    ),
    Saying(
        key="501",
        writer="haru",
        answers=LOST,
        after=timedelta(days=4, hours=1),
        text="同感です。雨の音だけでも、もう一度見る価値があると思います。",
        language="ja",
        likes=2,
    ),
)
"""Oldest first, so that what is answered is there before its answer."""
