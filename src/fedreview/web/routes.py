"""The whole URL map on one screen."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from fedreview.web import actor, discovery, inbox, login, pages
from fedreview.web.studio import (
    acts,
    conversation,
    desk,
    interaction,
    moving,
    reports,
    takes,
    write,
)
from fedreview.web.templating import STATIC_DIR
from fedreview.web.uploads import UploadLimit

SMALL_FORM = 256 * 1024
"""Bytes; an answer of 20,000 characters fits in, in any script."""

WRITTEN_FORM = 2 * 1024 * 1024
"""Bytes; a review of 200,000 characters fits in, in any script."""


def routes(*, inbox_limit_bytes: int, upload_limit_bytes: int) -> list[BaseRoute]:
    """Give every address of a site, with the largest body that each takes."""
    small = SMALL_FORM

    def get(path: str, handler: object) -> Route:
        return Route(path, handler, methods=["GET"], max_body_size=small)  # type: ignore[arg-type]  # any coroutine function

    def post(path: str, handler: object, limit: int = small) -> Route:
        return Route(path, handler, methods=["POST"], max_body_size=limit)  # type: ignore[arg-type]

    def post_picture(path: str, handler: object) -> Route:
        limit = Middleware(UploadLimit, limit_bytes=upload_limit_bytes)
        return Route(path, handler, methods=["POST"], middleware=[limit])  # type: ignore[arg-type]

    return [
        get("/", pages.get_front),
        get("/reviews/{slug}", pages.get_review),
        get("/works/{slug}", pages.get_work),
        get("/tags/{tag}", pages.get_tag),
        get("/notes/{id}", pages.get_note),
        get("/takes", pages.get_takes),
        get("/@{username}", pages.get_person),
        get("/media/avatars/{name}", pages.get_avatar),
        get("/media/{name}", pages.get_media),
        get("/healthz", pages.get_health),
        get("/robots.txt", pages.get_robots),
        # other servers
        get("/.well-known/webfinger", discovery.get_webfinger),
        get("/.well-known/host-meta", discovery.get_host_meta),
        get("/.well-known/host-meta.json", discovery.get_host_meta_json),
        get("/.well-known/nodeinfo", discovery.get_nodeinfo_links),
        get("/nodeinfo/{version}", discovery.get_nodeinfo),
        get("/actor", actor.get_instance_actor),
        get("/actor/outbox", actor.get_instance_outbox),
        get("/users/{username}", actor.get_actor),
        get("/users/{username}/{name}", actor.get_actor_collection),
        get("/ap/{kind}/{id}", actor.get_object),
        get("/ap/{kind}/{id}/{name}", actor.get_object_collection),
        post("/inbox", inbox.post_inbox, inbox_limit_bytes),
        post("/actor/inbox", inbox.post_inbox, inbox_limit_bytes),
        post("/users/{username}/inbox", inbox.post_inbox, inbox_limit_bytes),
        # authors
        get("/setup", login.get_setup),
        post("/setup", login.post_setup),
        get("/login", login.get_login),
        # with what was being written when the session ended
        post("/login", login.post_login, WRITTEN_FORM),
        post("/logout", login.post_logout),
        get("/studio", desk.get_desk),
        get("/studio/write", write.get_write),
        post_picture("/studio/write", write.post_write),
        post("/studio/preview", write.post_preview, upload_limit_bytes),
        get("/studio/reviews/{id}", write.get_edit),
        post_picture("/studio/reviews/{id}", write.post_edit),
        post("/studio/reviews/{id}/delete", write.post_delete),
        post("/studio/reviews/{id}/pin", desk.post_pin),
        post("/studio/reviews/{id}/unpin", desk.post_unpin),
        get("/studio/takes", takes.get_takes),
        post("/studio/takes", takes.post_takes),
        get("/studio/takes/{id}", takes.get_take),
        post("/studio/takes/{id}", takes.post_take),
        post("/studio/takes/{id}/delete", takes.post_delete_take),
        get("/studio/conversation", conversation.get_conversation),
        post("/studio/replies/{id}/answer", conversation.post_answer),
        post("/studio/notes/{id}/answer", conversation.post_answer),
        post("/studio/replies/{id}/delete", conversation.post_delete_answer),
        post("/studio/replies/{id}/hide", conversation.post_hide),
        post("/studio/replies/{id}/show", conversation.post_show),
        post("/studio/notes/{id}/like", acts.post_like),
        post("/studio/notes/{id}/unlike", acts.post_unlike),
        post("/studio/notes/{id}/boost", acts.post_boost),
        post("/studio/notes/{id}/unboost", acts.post_unboost),
        get("/studio/notes/{id}/report", acts.get_report),
        post("/studio/notes/{id}/report", acts.post_report),
        get("/studio/quotes", reports.get_quotes),
        post("/studio/quotes/{id}/revoke", reports.post_revoke_quote),
        get("/studio/people", conversation.get_people),
        post("/studio/following", conversation.post_following),
        post("/studio/following/remove", conversation.post_unfollow),
        get("/authorize_interaction", interaction.get_interaction),
        post("/authorize_interaction", interaction.post_interaction),
        post("/studio/followers/remove", acts.post_remove_follower),
        post("/studio/blocks", acts.post_block),
        post("/studio/blocks/remove", acts.post_unblock),
        get("/studio/reports", reports.get_reports),
        post("/studio/reports/{id}/done", reports.post_resolve),
        post("/studio/reports/{id}/reopen", reports.post_reopen),
        get("/studio/accounts", moving.get_accounts),
        post("/studio/accounts", moving.post_alias),
        post("/studio/accounts/remove", moving.post_remove_alias),
        post("/studio/accounts/move", moving.post_move),
        post("/studio/accounts/come-back", moving.post_come_back),
        get("/studio/settings", desk.get_settings),
        post("/studio/settings", desk.post_settings),
        post("/studio/password", desk.post_password),
        post("/studio/sessions/{id}/revoke", desk.post_revoke_session),
        Mount("/static", StaticFiles(directory=STATIC_DIR), name="static"),
    ]
