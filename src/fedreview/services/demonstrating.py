"""Being written."""

EXAMPLES = ()


class Demonstrating: ...
