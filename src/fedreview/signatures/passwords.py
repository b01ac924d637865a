"""Passwords of the people who write here."""

import secrets
import unicodedata
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

# Source: OWASP Password Storage Cheat Sheet, the least it recommends for Argon2id. About 40 ms
# and 19 MiB a check on a small server.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1

# What to check a password against when there is no such person, so that the answer takes as
# long as for one who exists. Made once from a random password that was thrown away.
DUMMY_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$n4"
    "qvnWO6FjARzNd7lpOIlw$9J5iqKjHV4sOOW3Uv3Bfs9J2r9OLr1ekKDFMDbz7IK0"
)


def hash_password(password: str) -> str:
    """Turn a password into what may be stored: Argon2id in PHC text, parameters included."""
    argon = Argon2id(
        salt=secrets.token_bytes(16),
        length=32,
        iterations=PASSES,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    )
    return argon.derive_phc_encoded(_encoded(password))


def check_password(password: str, hashed: str) -> bool:
    """Tell whether this is the password behind a stored hash; a broken hash fits none."""
    try:
        Argon2id.verify_phc_encoded(_encoded(password), hashed)
    except (InvalidKey, ValueError):
        return False
    return True


def _encoded(password: str) -> bytes:
    # One keyboard sends "ü" as one code point, another as two; RFC 8265 section 4.2 asks for NFC.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
