"""Fill an empty site with examples, so that a newcomer sees a living one at once."""

from fedreview.services.demonstrating.examples import EXAMPLES
from fedreview.services.demonstrating.filling import Demonstrating

__all__ = ["EXAMPLES", "Demonstrating"]
