"""The documents under wire/, read for tests."""

from pathlib import Path

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.vocabulary import Json

FOLDER = Path(__file__).parent / "wire"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def raw(name: str) -> bytes:
    """Give a sample as it would come over the wire."""
    return (FOLDER / f"{name}.json").read_bytes()


def sample(name: str) -> dict[str, Json]:
    """Give a sample as the receiver reads it."""
    return load_document(raw(name))
