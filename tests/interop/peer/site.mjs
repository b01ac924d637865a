/** The peer as an author of a Fedify app would write it: with Fedify's own checks and defaults. */
import {
  createFederation,
  detachSignature,
  InProcessMessageQueue,
  verifyObject,
  verifyRequestDetailed,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Create,
  Endpoints,
  Follow,
  getTypeId,
  isActor,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Undo,
} from "@fedify/vocab";
import { learn, weighLeave } from "./thread.mjs";
import jsonld from "@fedify/vocab-runtime/jsonld";

/**
 * Put the site together.
 *
 * kv: where Fedify remembers; the caller may look into it.
 * authorizedFetch: whether a document is shown only to who signs the request for it.
 * challenge: whether a request must carry a number that was given out with a 401 before.
 */
export function createSite(world, { kv, origin, authorizedFetch, challenge }) {
  const federation = createFederation({
    kv,
    origin,
    queue: new InProcessMessageQueue(),
    allowPrivateAddress: true,
    inboxChallengePolicy: { enabled: challenge, requestNonce: challenge },
    onOutboxError: (error, activity) => {
      world.undelivered.push({
        activity: activity?.id?.href ?? null,
        status: error.statusCode ?? null,
        error: String(error),
      });
    },
    // A test should see the first failure, not wait for the second try.
    outboxRetryPolicy: () => null,
  });
  const shown = [...showPersons(federation, world), ...showNotes(federation, world)];
  if (authorizedFetch) {
    for (const setters of shown) {
      setters.authorize(async (ctx) => (await ctx.getSignedKeyOwner()) !== null);
    }
  }
  listen(federation, world);
  return federation;
}

function showPersons(federation, world) {
  const persons = federation
    .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
      if (!world.persons.includes(identifier)) return null;
      const keys = await ctx.getActorKeyPairs(identifier);
      return new Person({
        id: ctx.getActorUri(identifier),
        preferredUsername: identifier,
        name: identifier.charAt(0).toUpperCase() + identifier.slice(1),
        url: new URL(`/@${identifier}`, ctx.canonicalOrigin),
        inbox: ctx.getInboxUri(identifier),
        outbox: ctx.getOutboxUri(identifier),
        followers: ctx.getFollowersUri(identifier),
        following: ctx.getFollowingUri(identifier),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        publicKey: keys[0].cryptographicKey,
        assertionMethods: keys.map((pair) => pair.multikey),
      });
    })
    .mapHandle((_ctx, username) => (world.persons.includes(username) ? username : null))
    .setKeyPairsDispatcher((_ctx, identifier) => world.keys[identifier] ?? []);
  return [
    persons,
    federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, identifier) => ({
      items: [...(world.followers.get(identifier)?.values() ?? [])],
    })),
    federation.setFollowingDispatcher("/users/{identifier}/following", (_ctx, identifier) => ({
      items: [...(world.following.get(identifier) ?? [])]
        .filter(([, follow]) => follow.accepted)
        .map(([actor]) => new URL(actor)),
    })),
  ];
}

function showNotes(federation, world) {
  return [
    federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx, identifier) => ({
      items: [...world.notes.values()]
        .filter((kept) => kept.as === identifier && !kept.private)
        .map((kept) => creation(ctx, kept)),
    })),
    federation.setObjectDispatcher(Note, "/notes/{id}", (ctx, { id }) => {
      const kept = world.notes.get(ctx.getObjectUri(Note, { id }).href);
      return kept && !kept.private ? note(ctx, kept) : null;
    }),
  ];
}

function listen(federation, world) {
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: world.persons[0] }))
    .on(Follow, async (ctx, follow) => {
      await keep(ctx, world, follow);
      const followed = ctx.parseUri(follow.objectId);
      const follower = await follow.getActor(ctx);
      if (followed?.type !== "actor" || !isActor(follower)) return;
      world.followers.get(followed.identifier)?.set(follower.id.href, follower);
      const accept = new Accept({
        id: fresh(ctx, followed.identifier, "accepts"),
        actor: follow.objectId,
        object: follow,
      });
      await ctx.sendActivity(followed, follower, accept);
    })
    .on(Accept, async (ctx, accept) => {
      await keep(ctx, world, accept);
      for (const followed of world.following.values()) {
        const follow = followed.get(accept.actorId?.href);
        if (follow?.activity.id.href === accept.objectId?.href) follow.accepted = true;
      }
      await settle(ctx, world, accept);
    })
    .on(Undo, async (ctx, undo) => {
      await keep(ctx, world, undo);
      const undone = await undo.getObject(ctx);
      if (!(undone instanceof Follow) || undone.actorId?.href !== undo.actorId?.href) return;
      const followed = ctx.parseUri(undone.objectId);
      if (followed?.type === "actor") {
        world.followers.get(followed.identifier)?.delete(undo.actorId.href);
      }
    })
    // Create, Update, Delete, Like, Announce and whatever comes next are only remembered.
    .on(Activity, (ctx, activity) => keep(ctx, world, activity))
    .onError((_ctx, error) => console.error(error))
    .onUnverifiedActivity((_ctx, activity, reason) => {
      const { id, actorId } = activity;
      world.refused.push({
        id: id?.href ?? null,
        actor: actorId?.href ?? null,
        reason: reason.type,
      });
    });
}

/** Keep an activity that Fedify let through; that it is here says that it is proved. */
async function keep(ctx, world, activity) {
  const { document, ...proofs } = world.arrivals.get(activity.id?.href);
  world.received.push({
    ...(await reading(ctx, activity, document)),
    actor: activity.actorId?.href ?? null,
    recipient: ctx.recipient,
    verified: true,
    ...proofs,
  });
  await learn(ctx, world, activity);
  for (const { as, to } of world.forwards) await ctx.forwardActivity({ identifier: as }, to);
}

/** Send a reply out that had to wait for leave, once the leave has proved true. */
async function settle(ctx, world, accept) {
  const asked = [...world.notes.values()].filter((kept) => kept.request);
  const kept = asked.find(({ request }) => request === accept.objectId?.href);
  if (!kept || kept.leave) return;
  kept.refused = await weighLeave(ctx, kept, accept);
  if (kept.refused) return;
  kept.leave = accept.resultId.href;
  await spread(ctx, world, kept, creation(ctx, kept));
}

/** Send what concerns a note to all who have it: the answered, the mentioned, followers. */
export async function spread(ctx, world, kept, activity) {
  const others = kept.private ? [] : [...kept.answered, ...world.followers.get(kept.as).values()];
  const sender = kept.proved ? { identifier: kept.as } : await requestKey(ctx, kept.as);
  await ctx.sendActivity(sender, [...kept.mentions, ...others], activity, {
    orderingKey: kept.id,
    preferSharedInbox: true,
  });
}

/** Give what a person signs requests with: it makes no integrity proofs. */
async function requestKey(ctx, person) {
  const pairs = await ctx.getActorKeyPairs(person);
  return pairs.filter(({ privateKey }) => privateKey.algorithm.name === "RSASSA-PKCS1-v1_5");
}

/**
 * Weigh each proof of an arriving activity by itself, with Fedify's own functions.
 *
 * Its inbox is content with the first good one; the tests want to know of all.
 */
export async function weigh(federation, world, request) {
  const ctx = federation.createContext(request, undefined);
  const document = await request.clone().json().catch(() => null);
  if (typeof document?.id !== "string") return;
  // Not the context itself: Fedify spreads its options, which loses what is inherited.
  const loaders = { documentLoader: ctx.documentLoader, contextLoader: ctx.contextLoader };
  const { verified, key } = await verifyRequestDetailed(request.clone(), loaders);
  // Linked Data signatures came after the proof was made, so it does not cover them.
  const unsigned = detachSignature(document);
  const proved = "proof" in document && (await verifyObject(Activity, unsigned, loaders));
  world.arrivals.set(document.id, {
    document,
    signature: { scheme: schemeOf(request), valid: verified, key: key?.id?.href ?? null },
    proof: "proof" in document ? (proved ? "valid" : "invalid") : "none",
  });
}

/** Tell how a request is signed. */
export function schemeOf(request) {
  if (!request.headers.has("signature")) return "none";
  return request.headers.has("signature-input") ? "rfc9421" : "cavage";
}

/** Give an object as it was on the wire, as Fedify reads it, and with every term spelled out. */
export async function reading(ctx, object, document) {
  const { contextLoader } = ctx;
  return {
    id: object.id?.href ?? null,
    type: getTypeId(object).href.split("#").at(-1),
    document,
    compact: await object.toJsonLd({ contextLoader, format: "compact" }),
    expanded: await jsonld.expand(document, { documentLoader: contextLoader }),
  };
}

/** Make an id for an activity; never twice the same, since a person may follow twice. */
export function fresh(ctx, person, kind) {
  return new URL(`#${kind}/${crypto.randomUUID()}`, ctx.getActorUri(person));
}

/** To whom a note is addressed. */
export function addressees(ctx, kept) {
  const mentioned = kept.mentions.map((actor) => actor.id);
  if (kept.private) return { tos: mentioned };
  return { tos: [PUBLIC_COLLECTION], ccs: [ctx.getFollowersUri(kept.as), ...mentioned] };
}

/** Write down a note that a person keeps. */
export function note(ctx, kept) {
  return new Note({
    id: new URL(kept.id),
    attribution: ctx.getActorUri(kept.as),
    url: new URL(kept.id),
    replyTarget: kept.to ? new URL(kept.to) : null,
    content: kept.content,
    summary: kept.summary ?? null,
    sensitive: kept.summary ? true : null,
    tags: kept.mentions.map(
      (actor) =>
        new Mention({ href: actor.id, name: `@${actor.preferredUsername}@${actor.id.host}` }),
    ),
    published: kept.published,
    updated: kept.updated ?? null,
    ...addressees(ctx, kept),
  });
}

/** Write down that a person wrote a note. */
export function creation(ctx, kept) {
  return new Create({
    id: new URL("#create", kept.id),
    actor: ctx.getActorUri(kept.as),
    object: note(ctx, kept),
    published: kept.published,
    ...addressees(ctx, kept),
  });
}
