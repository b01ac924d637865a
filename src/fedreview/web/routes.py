"""The whole URL map on one screen."""

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from fedreview.web import (
    actor,
    cards,
    discovery,
    feeds,
    history,
    inbox,
    leading,
    listings,
    login,
    looks,
    machines,
    pages,
    search,
    stopping,
)
from fedreview.web import upcoming as to_come
from fedreview.web.studio import (
    acts,
    autosave,
    conversation,
    desk,
    fate,
    hints,
    interaction,
    mail,
    moving,
    notices,
    pictures,
    portrait,
    reports,
    suggesting,
    takes,
    upcoming,
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
        get("/reviews/{slug}/history", history.get_history),
        post("/reviews/{slug}/history/{version}/remove", history.post_remove),
        get("/reviews/{slug}/card.png", cards.get_card),
        get("/works/{slug}", pages.get_work),
        get("/upcoming", to_come.get_upcoming),
        # feeds
        get("/feed.{format}", feeds.get_feed),
        get("/@{username}/feed.{format}", feeds.get_feed),
        get("/tags/{tag}/feed.{format}", feeds.get_feed),
        get("/kinds/{kind}/feed.{format}", feeds.get_feed),
        # from here to one's own server
        get("/interact", leading.get_interact),
        post("/interact", leading.post_interact),
        get("/tags", listings.get_tags),
        get("/tags/{tag}", listings.get_tag),
        get("/kinds", listings.get_kinds),
        get("/kinds/{kind}", listings.get_kind),
        get("/archive", listings.get_archive),
        get("/archive/{year}", listings.get_archive_year),
        get("/archive/{year}/{month}", listings.get_archive_year),
        get("/ratings", listings.get_ratings),
        get("/ratings/{level}", listings.get_rating),
        get("/search", search.get_search),
        get("/statistics", listings.get_statistics),
        get("/years/{year}", listings.get_year),
        get("/notes/{id}", pages.get_note),
        get("/takes", pages.get_takes),
        get("/@{username}", pages.get_person),
        get("/@{username}/statistics", listings.get_person_statistics),
        get("/media/avatars/{name}", pages.get_avatar),
        get("/media/{name}", pages.get_media),
        get("/theme.css", looks.get_theme),
        get("/healthz", pages.get_health),
        get("/mail/stop/{token}", stopping.get_stop),
        post("/mail/stop/{token}", stopping.post_stop),
        # machines
        get("/robots.txt", machines.get_robots),
        get("/.well-known/tdmrep.json", machines.get_reservation),
        get("/sitemap.xml", machines.get_sitemap),
        get("/sitemaps/{part}.xml", machines.get_sitemap_part),
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
        post("/studio/look-up", suggesting.post_look_up),
        get("/studio/hints", hints.get_hints),
        post("/studio/preview", write.post_preview, upload_limit_bytes),
        get("/studio/pictures", pictures.get_pictures),
        post_picture("/studio/pictures", pictures.post_pictures),
        get("/studio/reviews/{id}", write.get_edit),
        post_picture("/studio/reviews/{id}", write.post_edit),
        post("/studio/autosave", autosave.post_autosave, WRITTEN_FORM),
        post("/studio/autosaves/{id}/discard", fate.post_discard),
        post("/studio/reviews/{id}/delete", fate.post_delete),
        post("/studio/reviews/{id}/delete-now", fate.post_delete_now),
        post("/studio/reviews/{id}/restore", fate.post_restore),
        post("/studio/reviews/{id}/unpublish", fate.post_unpublish),
        post("/studio/reviews/{id}/unschedule", fate.post_unschedule),
        post("/studio/reviews/{id}/again", fate.post_again),
        post("/studio/reviews/{id}/pin", desk.post_pin),
        post("/studio/reviews/{id}/unpin", desk.post_unpin),
        get("/studio/upcoming", upcoming.get_upcoming),
        post("/studio/upcoming", upcoming.post_upcoming),
        get("/studio/upcoming/{id}", upcoming.get_change),
        post("/studio/upcoming/{id}", upcoming.post_change),
        post("/studio/upcoming/{id}/remove", upcoming.post_remove),
        get("/studio/upcoming/{id}/write", write.get_announced),
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
        get("/studio/notices", notices.get_notices),
        post("/studio/notices/read", notices.post_read),
        post("/studio/notices/unread", notices.post_unread),
        get("/studio/notices/{id}", notices.get_notice),
        post("/studio/mail/address", mail.post_address),
        get("/studio/mail/confirm", mail.get_confirm),
        post("/studio/mail/choices", mail.post_choices),
        post("/studio/mail/test", mail.post_test),
        post("/studio/mail/remove", mail.post_remove),
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
        post("/studio/settings/rating", desk.post_rating_settings),
        post("/studio/settings/learners", machines.post_learners),
        post_picture("/studio/portrait", portrait.post_portrait),
        post("/studio/portrait/remove", portrait.post_remove_portrait),
        post("/studio/password", desk.post_password),
        post("/studio/sessions/{id}/revoke", desk.post_revoke_session),
        Mount("/static", StaticFiles(directory=STATIC_DIR), name="static"),
    ]
