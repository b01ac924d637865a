/** What a test can make the persons do: one function for each route under /control/. */
import { signRequest } from "@fedify/fedify";
import {
  Announce,
  Block,
  Delete,
  Flag,
  Follow,
  isActor,
  Like,
  Move,
  Note,
  PUBLIC_COLLECTION,
  ReplyRequest,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

import { addressees, creation, fresh, note, reading, spread } from "./site.mjs";
import { remember } from "./thread.mjs";

// Where Fedify 2.3 remembers which of its two knocks a server answered.
const SPEC_PREFIX = ["_fedify", "httpMessageSignaturesSpec"];

/**
 * List the deeds by method and name. Each takes Fedify's context and the wish: a JSON object
 * in which `as` is the person who acts, the first one by default.
 */
export function createDeeds(world, kv) {
  const reactions = createReactions(world);
  return {
    "POST lookup": async (ctx, { handle, as }) => await read(ctx, as, await resolve(ctx, handle)),
    "POST fetch": async (ctx, { url, as }) => await read(ctx, as, url),
    ...createFollows(world),
    ...createNotes(world),
    ...createMeasures(world),
    "POST like": (ctx, wish) => reactions.react(ctx, Like, wish),
    "POST undo-like": (ctx, wish) => reactions.takeBack(ctx, Like, wish),
    "POST boost": (ctx, wish) => reactions.react(ctx, Announce, wish),
    "POST undo-boost": (ctx, wish) => reactions.takeBack(ctx, Announce, wish),
    "POST forge": (ctx, wish) => forge(ctx, world, wish),
    "POST relay": (ctx, wish) => relay(ctx, world, wish),
    /** What arrives from now on is handed on to this actor, in the name of a person. */
    async "POST forward"(ctx, { to, as }) {
      world.forwards = to ? [{ as, to: await lookActor(ctx, as, to) }] : [];
      return {};
    },
    /** Sign in this way when next we knock there, as if that had worked before. */
    async "POST knock"(_ctx, { origin, first }) {
      await kv.set([...SPEC_PREFIX, origin], first);
      return {};
    },
    "POST spec": async (_ctx, { origin }) => ({
      spec: (await kv.get([...SPEC_PREFIX, origin])) ?? null,
    }),
    "GET received": () => world.received,
    "GET refused": () => world.refused,
    "GET thread": () => listed(world.thread, (known) => known),
    "GET followers": () => listed(world.followers, (followers) => [...followers.keys()]),
    "GET state": () => ({
      persons: world.persons,
      following: listed(world.following, (following) =>
        listed(following, ({ accepted }) => ({ accepted })),
      ),
      notes: [...world.notes.values()].map(({ id, as, to, content }) => ({ id, as, to, content })),
      leave: Object.fromEntries(
        [...world.notes.values()].map(({ id, leave, refused }) => [id, leave ?? refused ?? null]),
      ),
      undelivered: world.undelivered,
    }),
  };
}

function listed(map, show) {
  return Object.fromEntries([...map].map(([key, value]) => [key, show(value)]));
}

/** Fetch for the test, which wants to see what was on the wire, too. */
async function read(ctx, person, url) {
  const signed = await ctx.getDocumentLoader({ identifier: person });
  let document = null;
  const object = await look(ctx, person, url, async (address, options) => {
    const answer = await signed(address, options);
    document = answer.document;
    return answer;
  });
  return await reading(ctx, object, document);
}

/** Fetch as Fedify does it for an app, signed by the person. Fails when nothing comes. */
async function look(ctx, person, url, loader) {
  const documentLoader = loader ?? (await ctx.getDocumentLoader({ identifier: person }));
  const object = await ctx.lookupObject(url, { documentLoader });
  if (object === null) throw new Error(`${url} cannot be read`);
  return object;
}

async function lookActor(ctx, person, url) {
  const actor = await look(ctx, person, url);
  if (!isActor(actor)) throw new Error(`${url} is nobody`);
  return actor;
}

async function authorOf(ctx, person, url) {
  const { attributionId } = await look(ctx, person, url);
  return await lookActor(ctx, person, attributionId.href);
}

/**
 * Go from a handle to what Fedify can look up.
 *
 * It asks for handles over https alone; where the test has none we must ask by ourselves.
 */
async function resolve(ctx, handle) {
  if (ctx.canonicalOrigin.startsWith("https:")) return handle;
  const account = handle.replace(/^@/, "");
  const url = new URL(`http://${account.split("@").at(-1)}/.well-known/webfinger`);
  url.searchParams.set("resource", `acct:${account}`);
  const headers = { Accept: "application/jrd+json" };
  const answer = await fetch(url, { headers, redirect: "manual" });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const { links } = await answer.json();
  const self = links?.find(
    (link) => link.rel === "self" && link.type === "application/activity+json",
  );
  if (!self) throw new Error(`${handle} has no actor`);
  return self.href;
}

function createFollows(world) {
  return {
    async "POST follow"(ctx, { actor, as }) {
      const followed = await lookActor(ctx, as, actor);
      const activity = new Follow({
        id: fresh(ctx, as, "follows"),
        actor: ctx.getActorUri(as),
        object: followed.id,
      });
      world.following.get(as).set(followed.id.href, { activity, followed, accepted: false });
      await ctx.sendActivity({ identifier: as }, followed, activity);
      return { id: activity.id.href };
    },
    async "POST unfollow"(ctx, { actor, as }) {
      const { activity, followed } = world.following.get(as).get(actor);
      world.following.get(as).delete(actor);
      const undo = new Undo({
        id: fresh(ctx, as, "undoes"),
        actor: activity.actorId,
        object: activity,
      });
      await ctx.sendActivity({ identifier: as }, followed, undo);
      return { id: undo.id.href };
    },
  };
}

function createNotes(world) {
  function own(id) {
    const kept = world.notes.get(id);
    if (!kept) throw new Error(`${id} is no note of ours`);
    return kept;
  }

  return {
    /**
     * to: what is answered, if anything is.
     * mention: true for the answered author, or a list of actor ids.
     * proved: whether the activities get integrity proofs, besides their signed requests.
     * asks: whether the answered author is asked for leave before anybody else hears of it.
     */
    async "POST reply"(ctx, { to, content, mention = true, as, summary, ...wish }) {
      const { private: hidden = false, proved = true, asks = false } = wish;
      const answered = to ? [await authorOf(ctx, as, to)] : [];
      const mentions =
        mention === true
          ? answered
          : await Promise.all((mention || []).map((actor) => lookActor(ctx, as, actor)));
      const kept = {
        id: ctx.getObjectUri(Note, { id: crypto.randomUUID() }).href,
        ...{ as, to, summary, answered, mentions },
        private: hidden,
        proved,
        content: worded(mentions, content),
        published: Temporal.Now.instant(),
      };
      world.notes.set(kept.id, kept);
      remember(world, note(ctx, kept));
      if (asks) await ask(ctx, kept);
      else await spread(ctx, world, kept, creation(ctx, kept));
      return { id: kept.id };
    },
    async "POST edit"(ctx, { note: id, content }) {
      const kept = own(id);
      kept.content = worded(kept.mentions, content);
      kept.updated = Temporal.Now.instant();
      remember(world, note(ctx, kept));
      const update = new Update({
        id: new URL(`#updates/${crypto.randomUUID()}`, id),
        actor: ctx.getActorUri(kept.as),
        object: note(ctx, kept),
        ...addressees(ctx, kept),
      });
      await spread(ctx, world, kept, update);
      return { id: update.id.href };
    },
    /** Lose a note, and tell nobody. */
    async "POST forget"(_ctx, { note: id }) {
      world.notes.delete(own(id).id);
      return {};
    },
    async "POST delete"(ctx, { note: id }) {
      const kept = own(id);
      world.notes.delete(id);
      world.thread.delete(id);
      const removal = new Delete({
        id: new URL("#delete", id),
        actor: ctx.getActorUri(kept.as),
        object: new Tombstone({ id: new URL(id) }),
        ...addressees(ctx, kept),
      });
      await spread(ctx, world, kept, removal);
      return { id: removal.id.href };
    },
  };
}

/** Ask the author of what a note answers for leave. Source: GoToSocial's interaction controls. */
async function ask(ctx, kept) {
  const [author] = kept.answered;
  const request = new ReplyRequest({
    id: fresh(ctx, kept.as, "requests"),
    actor: ctx.getActorUri(kept.as),
    object: new URL(kept.to),
    instrument: note(ctx, kept),
    to: author.id,
  });
  kept.request = request.id.href;
  await ctx.sendActivity({ identifier: kept.as }, author, request);
}

/** Write a text as Mastodon does, with the mentioned at its head. */
function worded(mentions, content) {
  const links = mentions.map(
    ({ id, preferredUsername }) =>
      `<a href="${id.href}" class="u-url mention">@<span>${preferredUsername}</span></a> `,
  );
  return `<p>${links.join("")}${content}</p>`;
}

function createMeasures(world) {
  return {
    /** objects: an actor's id first, and then what they wrote. */
    async "POST flag"(ctx, { objects, content, as }) {
      const reported = await lookActor(ctx, as, objects[0]);
      const flag = new Flag({
        id: fresh(ctx, as, "flags"),
        actor: ctx.getActorUri(as),
        objects: objects.map((object) => new URL(object)),
        content,
      });
      await ctx.sendActivity({ identifier: as }, reported, flag);
      return { id: flag.id.href };
    },
    async "POST block"(ctx, { actor, as }) {
      const blocked = await lookActor(ctx, as, actor);
      const block = new Block({
        id: fresh(ctx, as, "blocks"),
        actor: ctx.getActorUri(as),
        object: blocked.id,
      });
      world.followers.get(as).delete(blocked.id.href);
      await ctx.sendActivity({ identifier: as }, blocked, block);
      return { id: block.id.href };
    },
    async "POST move"(ctx, { target, as }) {
      const move = new Move({
        id: fresh(ctx, as, "moves"),
        actor: ctx.getActorUri(as),
        object: ctx.getActorUri(as),
        target: new URL(target),
        tos: [ctx.getFollowersUri(as)],
      });
      await ctx.sendActivity({ identifier: as }, [...world.followers.get(as).values()], move);
      return { id: move.id.href };
    },
  };
}

function createReactions(world) {
  return {
    async react(ctx, Kind, { object, as }) {
      const author = await authorOf(ctx, as, object);
      const audience = { tos: [PUBLIC_COLLECTION], ccs: [ctx.getFollowersUri(as), author.id] };
      const activity = new Kind({
        id: fresh(ctx, as, Kind.name.toLowerCase()),
        actor: ctx.getActorUri(as),
        object: new URL(object),
        ...(Kind === Announce ? { published: Temporal.Now.instant(), ...audience } : {}),
      });
      world.reactions.set(`${Kind.name} ${as} ${object}`, { activity, author });
      await ctx.sendActivity({ identifier: as }, author, activity, { orderingKey: object });
      return { id: activity.id.href };
    },
    async takeBack(ctx, Kind, { object, as }) {
      const { activity, author } = world.reactions.get(`${Kind.name} ${as} ${object}`);
      const undo = new Undo({
        id: fresh(ctx, as, "undoes"),
        actor: activity.actorId,
        object: activity,
        tos: activity.toIds,
      });
      await ctx.sendActivity({ identifier: as }, author, undo, { orderingKey: object });
      return { id: undo.id.href };
    },
  };
}

/**
 * Send a reply in the name of `as` that another person signs, and tell the answer to it.
 *
 * claim: whose key the signature names; that of `as` makes the signature false, that of the
 * signer makes it true but somebody else's.
 */
async function forge(ctx, world, { to, content, as, signer, claim = as, spec = "rfc9421" }) {
  const author = await authorOf(ctx, as, to);
  const id = ctx.getObjectUri(Note, { id: crypto.randomUUID() }).href;
  const kept = { id, as, to, content, mentions: [author], published: Temporal.Now.instant() };
  const body = JSON.stringify(await creation(ctx, kept).toJsonLd(ctx));
  const wish = { inbox: author.inboxId, body, as: signer, claim, spec };
  return { id, ...(await relay(ctx, world, wish)) };
}

/**
 * Put somebody's activity, a text, into an inbox as it is, and tell the answer to it.
 *
 * as: who signs the request; claim: whose key the signature names.
 */
async function relay(ctx, world, { inbox, body, as, claim = as, spec = "rfc9421" }) {
  const headers = { "Content-Type": "application/activity+json" };
  const request = new Request(inbox, { method: "POST", headers, body });
  const { privateKey } = world.keys[as][0];
  const keyId = new URL("#main-key", ctx.getActorUri(claim));
  const response = await fetch(await signRequest(request, privateKey, keyId, { spec }));
  return { status: response.status, text: await response.text() };
}
