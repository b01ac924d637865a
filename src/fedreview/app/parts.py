"""Put the parts of a site together: the only place where they meet."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from fedreview.activitypub.urls import Urls
from fedreview.federation.catalogues.choosing import adapters
from fedreview.federation.client import FederationClient
from fedreview.federation.guard import AddressPolicy
from fedreview.services.acclaiming import Acclaiming
from fedreview.services.accounts import Accounts
from fedreview.services.acquainting import Acquainting
from fedreview.services.addressing import Addressing
from fedreview.services.admitting import Admitting
from fedreview.services.answering import Answering
from fedreview.services.anticipating import Anticipating
from fedreview.services.ascending import Ascending
from fedreview.services.assembling import Assembling
from fedreview.services.autosaving import Autosaving
from fedreview.services.blocking import Blocking
from fedreview.services.browsing import Browsing
from fedreview.services.captioning import Captioning
from fedreview.services.charting import Charting
from fedreview.services.collecting import Collecting
from fedreview.services.conversing import Conversing
from fedreview.services.copying import Copying
from fedreview.services.correcting import Correcting
from fedreview.services.corresponding import Corresponding
from fedreview.services.delivering import Delivering
from fedreview.services.describing import Describing
from fedreview.services.dispatching import Dispatching
from fedreview.services.distancing import Distancing
from fedreview.services.fetching import Fetching
from fedreview.services.fingering import Fingering
from fedreview.services.following import Followings
from fedreview.services.gathering import Gathering
from fedreview.services.grading import Grading
from fedreview.services.guesting import Guesting
from fedreview.services.handling.applying import Handling
from fedreview.services.handling.completing import Completing
from fedreview.services.handling.forwarding import PASSED_ON_PER_MINUTE
from fedreview.services.heralding import Heralding
from fedreview.services.illustrating import Illustrating
from fedreview.services.inspecting import Inspecting
from fedreview.services.interacting import Interacting
from fedreview.services.leading import WAYS_PER_MINUTE, Leading
from fedreview.services.looking_up import LookingUp
from fedreview.services.maintaining import Maintaining
from fedreview.services.messaging import Messaging
from fedreview.services.moderating import Moderating
from fedreview.services.moving import Moving
from fedreview.services.overseeing import Overseeing
from fedreview.services.picturing import Picturing
from fedreview.services.pinning import Pinning
from fedreview.services.placing import Placing
from fedreview.services.portraying import Portraying
from fedreview.services.posting import Posting, make_posting
from fedreview.services.preceding import Precedence
from fedreview.services.presenting import Presenting
from fedreview.services.previewing import Previewing
from fedreview.services.proving import Proving
from fedreview.services.publishing import Publishing
from fedreview.services.pushing import Pushing
from fedreview.services.quoting import Quoting
from fedreview.services.reacting import Reacting
from fedreview.services.receiving import Receiving
from fedreview.services.refilling import Refilling
from fedreview.services.remembering import Remembering
from fedreview.services.reminding import Reminding
from fedreview.services.repeating import Insistence
from fedreview.services.reporting import Reporting
from fedreview.services.resending import Resending
from fedreview.services.rewinding import Rewinding
from fedreview.services.rotating import Rotating
from fedreview.services.ruling import Ruling
from fedreview.services.searching import Searching
from fedreview.services.sending import Sending
from fedreview.services.shelving import Shelving
from fedreview.services.signing import Signing
from fedreview.services.sitting import Sitting
from fedreview.services.surveying import Surveying
from fedreview.services.syndicating import Syndicating
from fedreview.services.taking import Taking
from fedreview.services.tallying import Tallying
from fedreview.services.telling import Telling
from fedreview.services.theming import Theming
from fedreview.services.throttling import Throttle
from fedreview.services.tidying import Tidying
from fedreview.services.timekeeping import Timekeeping
from fedreview.services.trashing import Trashing
from fedreview.services.unsubscribing import Unsubscribing
from fedreview.services.watching import Watching
from fedreview.settings import Settings
from fedreview.storage.database import Database
from fedreview.storage.listening import Listener
from fedreview.web.keeping import Kept
from fedreview.web.state import Site
from fedreview.worker import Alarm, Worker

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def utc_now() -> datetime:
    """Give the present."""
    return datetime.now(UTC)


def new_id() -> str:
    """Make an id that sorts by time: 16 letters, 48 bits of milliseconds and 32 of chance."""
    number = (time.time_ns() // 1_000_000) << 32 | secrets.randbits(32)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A site with what runs it."""

    site: Site
    worker: Worker
    database: Database
    signing: Signing
    rotating: Rotating
    posting: Posting
    client: FederationClient
    listener: Listener

    async def aclose(self) -> None:
        """Give everything back."""
        await self.client.aclose()
        self.site.watching.close()
        await asyncio.to_thread(self.database.close)


def build_parts(
    settings: Settings,
    *,
    now: Callable[[], datetime] = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
    make_id: Callable[[], str] = new_id,
) -> Parts:
    """Put a site together; two in one process share nothing.

    now: the clock. transport: in place of the network, for tests.
    """
    urls = Urls(settings.base_url)
    database = Database(settings.database_url)
    client = FederationClient(
        policy=AddressPolicy(allow_private=settings.allow_private_network),
        base_url=settings.base_url,
        now=now,
        ca_file=settings.ca_file,
        transport=transport,
    )
    alarm, precedence, insistence = Alarm(), Precedence(), Insistence()
    signing = Signing(database=database, urls=urls, now=now)
    sending = Sending(signing=signing, urls=urls, now=now, new_id=make_id, wake=alarm.ring)
    acquainting = Acquainting(database=database, client=client, signing=signing, now=now)
    assembling = Assembling(urls)
    telling = Telling(assembling=assembling)
    posting = make_posting(
        database=database, urls=urls, telling=telling, relay=settings.relay, now=now
    )
    fetching = Fetching(database=database, client=client, signing=signing, acquainting=acquainting)
    placing = Placing(database=database, urls=urls, sending=sending, now=now, new_id=make_id)
    ascending = Ascending(database=database, fetching=fetching, placing=placing, now=now)
    portraying = Portraying(
        media_dir=settings.media_dir,
        limit_bytes=settings.avatar_cache_bytes,
        database=database,
        now=now,
    )
    copying = Copying(
        media_dir=settings.media_dir,
        limit_bytes=settings.copy_cache_bytes,
        database=database,
        now=now,
    )
    picturing = Picturing(media_dir=settings.media_dir, database=database, now=now)
    presenting = Presenting(database=database, urls=urls, sending=sending, signing=signing)
    tidying = Tidying(
        database=database,
        portraying=portraying,
        copying=copying,
        picturing=picturing,
        urls=urls,
        now=now,
        keep_posts=timedelta(days=settings.keep_posts_days) if settings.keep_posts_days else None,
    )
    maintaining = Maintaining(database=database, tidying=tidying)
    publishing = Publishing(database=database, urls=urls, sending=sending, now=now, new_id=make_id)
    trashing = Trashing(database=database, urls=urls, sending=sending, now=now, new_id=make_id)
    taking = Taking(database=database, urls=urls, sending=sending, now=now, new_id=make_id)
    blocking = Blocking(database=database, urls=urls, sending=sending, now=now)
    messaging = Messaging(database=database, urls=urls, sending=sending, now=now, new_id=make_id)
    pushing = Pushing(
        database=database, client=client, urls=urls, telling=telling, now=now, new_id=make_id
    )
    site = Site(
        urls=urls,
        is_https=settings.is_https,
        upload_limit_bytes=settings.upload_limit_bytes,
        now=now,
        accounts=Accounts(database=database, urls=urls, signing=signing, now=now, new_id=make_id),
        addressing=Addressing(
            database=database, urls=urls, sender=posting.sender, now=now, wake=alarm.ring
        ),
        answering=Answering(
            database=database,
            urls=urls,
            sending=sending,
            messaging=messaging,
            now=now,
            new_id=make_id,
        ),
        anticipating=Anticipating(database=database, now=now, new_id=make_id),
        autosaving=Autosaving(database=database, now=now),
        blocking=blocking,
        acclaiming=Acclaiming(database=database, assembling=assembling),
        browsing=Browsing(database=database, urls=urls, assembling=assembling, now=now),
        charting=Charting(database=database, urls=urls),
        collecting=Collecting(database=database, urls=urls),
        conversing=Conversing(database=database, urls=urls),
        copying=copying,
        corresponding=Corresponding(
            database=database, urls=urls, assembling=assembling, messaging=messaging
        ),
        correcting=Correcting(
            database=database, urls=urls, sending=sending, messaging=messaging, now=now
        ),
        describing=Describing(database=database, urls=urls, signing=signing, now=now),
        dispatching=Dispatching(
            database=database, captioning=Captioning(urls), now=now, wake=alarm.ring
        ),
        distancing=Distancing(
            database=database, urls=urls, now=now, new_id=make_id, wake=alarm.ring
        ),
        fetching=fetching,
        fingering=Fingering(database=database, urls=urls),
        following=Followings(
            database=database, urls=urls, sending=sending, acquainting=acquainting, now=now
        ),
        heralding=Heralding(database=database, telling=telling, now=now),
        illustrating=Illustrating(media_dir=settings.media_dir, database=database, urls=urls),
        inspecting=Inspecting(database=database, urls=urls, assembling=assembling, now=now),
        interacting=Interacting(
            database=database,
            urls=urls,
            fetching=fetching,
            placing=placing,
            assembling=assembling,
        ),
        looking_up=LookingUp(client=client, adapters=adapters(settings.catalogues)),
        leading=Leading(
            database=database,
            urls=urls,
            client=client,
            patience=acquainting.patience,
            addresses=Throttle(what="ways asked for", per_minute=WAYS_PER_MINUTE, now=now),
        ),
        maintaining=maintaining,
        moderating=Moderating(
            database=database,
            urls=urls,
            sending=sending,
            blocking=blocking,
            now=now,
            new_id=make_id,
        ),
        messaging=messaging,
        moving=Moving(
            database=database,
            urls=urls,
            sending=sending,
            acquainting=acquainting,
            presenting=presenting,
        ),
        overseeing=Overseeing(database=database, urls=urls, assembling=assembling, now=now),
        picturing=picturing,
        pinning=Pinning(database=database, urls=urls, sending=sending, now=now),
        portraying=portraying,
        presenting=presenting,
        previewing=Previewing(database=database, urls=urls, taking=taking, now=now),
        publishing=publishing,
        pushing=pushing,
        quoting=Quoting(database=database, urls=urls, sending=sending, now=now),
        reacting=Reacting(database=database, urls=urls, sending=sending, now=now),
        grading=Grading(database=database),
        guesting=Guesting(database=database, urls=urls, now=now, new_id=make_id),
        theming=Theming(data_dir=settings.data_dir),
        receiving=Receiving(
            database=database,
            urls=urls,
            proving=Proving(database=database, urls=urls, acquainting=acquainting, now=now),
            addresses=Throttle(
                what="requests of an address", per_minute=settings.inbox_per_minute, now=now
            ),
            servers=Throttle(
                what="activities of a server", per_minute=settings.inbox_per_minute, now=now
            ),
            admitting=Admitting(database=database, queue_limit=settings.queue_limit, now=now),
            wake=alarm.ring,
        ),
        reminding=Reminding(database=database),
        remembering=Remembering(database=database),
        reporting=Reporting(database=database, urls=urls, sending=sending, now=now),
        resending=Resending(database=database, urls=urls, sending=sending, now=now),
        ruling=Ruling(database=database, urls=urls, sending=sending, now=now, new_id=make_id),
        trashing=trashing,
        syndicating=Syndicating(database=database, urls=urls),
        searching=Searching(database=database, assembling=assembling),
        shelving=Shelving(database=database, assembling=assembling),
        tallying=Tallying(database=database, assembling=assembling),
        sitting=Sitting(
            database=database, picturing=picturing, presenting=presenting, sending=sending
        ),
        taking=taking,
        unsubscribing=Unsubscribing(database=database, now=now),
        watching=Watching.of(database, settings.database_url),
        precedence=precedence,
        kept=Kept(most_bytes=settings.page_cache_bytes),
    )
    listener = Listener(database, alarm.ring)
    worker = Worker(
        alarm=alarm,
        look_every=listener.look_every,
        precedence=precedence,
        now=now,
        insistence=insistence,
        delivering=Delivering(
            database=database, client=client, signing=signing, insistence=insistence, now=now
        ),
        handling=Handling(
            database=database,
            urls=urls,
            sending=sending,
            completing=Completing(
                database=database, urls=urls, fetching=fetching, acquainting=acquainting
            ),
            ascending=ascending,
            placing=placing,
            passing_on=Throttle(what="replies passed on", per_minute=PASSED_ON_PER_MINUTE, now=now),
            insistence=insistence,
            now=now,
            new_id=make_id,
        ),
        gathering=Gathering(
            database=database,
            fetching=fetching,
            ascending=ascending,
            refilling=Refilling(fetching=fetching, placing=placing),
            placing=placing,
            portraying=portraying,
            copying=copying,
            surveying=Surveying(
                database=database, client=client, now=now, patience=acquainting.patience
            ),
            now=now,
        ),
        pushing=pushing,
        posting=posting,
        timekeeping=Timekeeping(
            database=database,
            publishing=publishing,
            trashing=trashing,
            rewinding=Rewinding(database=database, now=now),
            now=now,
        ),
        maintaining=maintaining,
    )
    return Parts(
        site=site,
        worker=worker,
        database=database,
        signing=signing,
        posting=posting,
        listener=listener,
        rotating=Rotating(database=database, urls=urls, signing=signing, sending=sending, now=now),
        client=client,
    )
