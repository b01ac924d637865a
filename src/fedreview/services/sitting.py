"""An author's own picture: on the pages here, and on profiles elsewhere."""

from dataclasses import dataclass, replace

from fedreview.domain.actor import Author
from fedreview.domain.work import Cover
from fedreview.errors import InvalidInput
from fedreview.services.picturing import Picturing
from fedreview.services.presenting import Presenting
from fedreview.services.sending import Sending
from fedreview.storage import accounts, actors
from fedreview.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """Gives authors a picture, takes it away, and tells followers' servers."""

    database: Database
    picturing: Picturing
    presenting: Presenting
    sending: Sending

    def take(self, author: Author, data: bytes) -> Author:
        """Give the author this picture, cut to a square.

        Raises InvalidInput for field "avatar" when it is no picture that can be used.
        """
        try:
            picture = self.picturing.keep_portrait(data)
        except InvalidInput as error:
            raise InvalidInput({"avatar": " ".join(error.problems.values())}) from error
        return self._change(author, picture)

    def remove(self, author: Author) -> Author:
        """Show the author without a picture again."""
        return self._change(author, None)

    def _change(self, author: Author, picture: Cover | None) -> Author:
        changed = replace(author, avatar=picture.name if picture else "")
        if changed == author:
            return author
        update = self.presenting.prepare_update(changed)
        with self.database.transaction() as tx:
            accounts.set_avatar(tx, author.id, changed.avatar)
            self.sending.queue(tx, update, actors.follower_inboxes(tx, author.id))
        self.sending.wake()
        return changed
