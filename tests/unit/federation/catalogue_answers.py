"""What catalogues answer, as their documentation describes it, in a few invented words."""

from typing import Any

MBID = "f5093c06-23e3-404f-aeaa-40f72885ee3a"

OPENLIBRARY: dict[str, Any] = {
    "numFound": 2,
    "start": 0,
    "docs": [
        {
            "key": "/works/OL45804W",
            "title": "The Long Corridor",
            "author_name": ["Ida Storm", "Storm, Nils"],
            "first_publish_year": 1990,
            "number_of_pages_median": 310,
            "cover_i": 6498519,
        },
        {"key": "/works/OL2W", "title": "The Long Corridor: A Guide"},
    ],
}

ANILIST: dict[str, Any] = {
    "data": {
        "Page": {
            "media": [
                {
                    "id": 21827,
                    "idMal": 33352,
                    "title": {
                        "romaji": "Nagai Rouka",
                        "english": "The Long Corridor",
                        "native": "長い廊下",
                    },
                    "startDate": {"year": 2018},
                    "format": "TV",
                    "episodes": 13,
                    "duration": 24,
                    "volumes": None,
                    "coverImage": {"extraLarge": "https://s4.anilist.co/cover.jpg"},
                    "studios": {"nodes": [{"name": "North Light"}]},
                    "staff": {
                        "edges": [
                            {"role": "Director", "node": {"name": {"full": "Ida Storm"}}},
                            {"role": "Theme Song", "node": {"name": {"full": "Somebody"}}},
                        ]
                    },
                },
                {"id": 5, "title": {"romaji": "Rouka"}, "episodes": 1, "duration": 61},
            ]
        }
    }
}

MUSICBRAINZ: dict[str, Any] = {
    "created": "2024-01-01T00:00:00.000Z",
    "count": 1,
    "release-groups": [
        {
            "id": MBID,
            "title": "The Long Corridor",
            "primary-type": "Album",
            "first-release-date": "1998-05-04",
            "artist-credit": [
                {"name": "Ida", "joinphrase": " & ", "artist": {"name": "Ida Storm"}},
                {"artist": {"name": "Nils"}},
            ],
        }
    ],
}


def _claim(value: Any, rank: str = "normal") -> dict[str, Any]:
    return {"rank": rank, "mainsnak": {"snaktype": "value", "datavalue": {"value": value}}}


WIKIDATA_SEARCH: dict[str, Any] = {
    "search": [{"id": "Q100", "label": "The Long Corridor"}, {"id": "Q200"}, {"id": "Q300"}],
    "success": 1,
}

WIKIDATA_FILM: dict[str, Any] = {
    "type": "item",
    "id": "Q100",
    "labels": {"en": {"language": "en", "value": "The Long Corridor"}},
    "descriptions": {"en": {"language": "en", "value": "1998 film by Ida Storm"}},
    "claims": {
        "P57": [_claim({"entity-type": "item", "id": "Q7"})],
        "P577": [
            _claim({"time": "+1999-02-01T00:00:00Z", "precision": 11}),
            _claim({"time": "+1998-05-20T00:00:00Z", "precision": 11}),
            _claim({"time": "+1901-01-01T00:00:00Z", "precision": 11}, rank="deprecated"),
            {"rank": "normal", "mainsnak": {"snaktype": "somevalue"}},
        ],
        "P1476": [_claim({"text": "Den långa korridoren", "language": "sv"})],
        "P2047": [
            _claim({"amount": "+6240", "unit": "http://www.wikidata.org/entity/Q11574"}),
            _claim({"amount": "+104", "unit": "http://www.wikidata.org/entity/Q7727"}),
        ],
        "P345": [_claim("tt0123456")],
        "P648": [_claim("no such shape")],
    },
}
WIKIDATA_PLACE: dict[str, Any] = {
    "id": "Q200",
    "labels": {"en": {"value": "The Long Corridor"}},
    "claims": {},
}
WIKIDATA_UNNAMED: dict[str, Any] = {
    "id": "Q300",
    "labels": {},
    "claims": {
        "P577": [_claim({"time": "+2001-00-00T00:00:00Z", "precision": 9})],
        "P1476": [_claim({"text": "Korridoren", "language": "sv"})],
    },
}
WIKIDATA_PEOPLE: dict[str, Any] = {
    "entities": {"Q7": {"id": "Q7", "labels": {"mul": {"value": "Ida Storm"}}}}
}
