"""How one work belongs to another."""

import pytest

from fedreview.domain.kinds import WorkKind
from fedreview.domain.relations import Relation, RelationKind
from fedreview.errors import InvalidInput

PREQUEL, SERIES = RelationKind.PREQUEL, RelationKind.SERIES


@pytest.mark.parametrize(
    ("typed", "relation"),
    [
        (
            " Based On :  BLAME! (manga, 1998)",
            Relation(
                kind=RelationKind.BASED_ON, title="BLAME!", work_kind=WorkKind.MANGA, year=1998
            ),
        ),
        ("prequel: NOiSE", Relation(kind=PREQUEL, title="NOiSE")),
        ("series: Dune (1984)", Relation(kind=SERIES, title="Dune", year=1984)),
        ("series: Dune (Film)", Relation(kind=SERIES, title="Dune", work_kind=WorkKind.FILM)),
        ("series: Brazil (director's cut)", Relation(kind=SERIES, title="Brazil (director's cut)")),
        ("series: Empty ()", Relation(kind=SERIES, title="Empty ()")),
    ],
)
def test_a_line_is_read_with_what_stands_in_brackets(typed: str, relation: Relation) -> None:
    assert Relation.parse(typed) == relation
    assert Relation.parse(relation.text) == relation


@pytest.mark.parametrize("typed", ["", "Dune", "cousin: Dune", "series:", f"series: {'x' * 301}"])
def test_what_is_no_relation_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Relation.parse(typed)

    assert set(caught.value.problems) == {"relations"}


@pytest.mark.parametrize("kind", list(RelationKind))
def test_the_other_side_of_the_other_side_is_the_first(kind: RelationKind) -> None:
    assert kind.inverse.inverse is kind
