/**
 * A foreign server for the tests: a few persons who follow, answer, like and boost.
 *
 * The fediverse sees a Fedify app (site.mjs); the routes under /control/ are for the test alone.
 */
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { MemoryKvStore } from "@fedify/fedify";
import { configure, getConsoleSink } from "@logtape/logtape";

import { createDeeds } from "./deeds.mjs";
import { createSite, schemeOf, weigh } from "./site.mjs";
import { createWorld } from "./world.mjs";

const LONGEST_BODY = 2 ** 20;
const CONTROL = "/control/";

// Node has it from 21 on, and Fedify reads it to tell one runtime from another.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` };

/** Read a message, and give it as seen from outside of the proxy, if there is one. */
async function requestFrom(message) {
  const chunks = [];
  let length = 0;
  for await (const chunk of message) {
    length += chunk.length;
    if (length > LONGEST_BODY) return null;
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  headers.set("host", headers.get("x-forwarded-host") ?? headers.get("host"));
  const scheme = headers.get("x-forwarded-proto") ?? "http";
  const hasBody = message.method !== "GET" && message.method !== "HEAD";
  return new Request(new URL(message.url, `${scheme}://${headers.get("host")}`), {
    method: message.method,
    headers,
    body: hasBody ? Buffer.concat(chunks) : undefined,
  });
}

class Peer {
  /** reads: the one signature scheme that this server has heard of; both by default. */
  constructor({ origin, world, kv, reads, ...manners }) {
    this.origin = origin;
    this.world = world;
    this.reads = reads;
    this.federation = createSite(world, { kv, origin, ...manners });
    this.deeds = createDeeds(world, kv);
  }

  async answer(request) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(CONTROL)) {
      return await this.obey(request, pathname.slice(CONTROL.length));
    }
    if (this.reads && ![this.reads, "none"].includes(schemeOf(request))) {
      return new Response("What is this signature?", { status: 401 });
    }
    if (request.method === "POST") await weigh(this.federation, this.world, request);
    return await this.federation.fetch(request, { contextData: undefined });
  }

  async obey(request, name) {
    const deed = `${request.method} ${name}`;
    // The tests talk to us directly: what came through a proxy came from elsewhere.
    if (!Object.hasOwn(this.deeds, deed) || request.headers.has("x-forwarded-for")) {
      return new Response(null, { status: 404 });
    }
    try {
      const ctx = this.federation.createContext(new URL(this.origin), undefined);
      const wish = request.method === "POST" ? await request.json() : {};
      return Response.json(await this.deeds[deed](ctx, { as: this.world.persons[0], ...wish }));
    } catch (error) {
      return Response.json({ error: String(error?.stack ?? error) }, { status: 500 });
    }
  }

  async serve(message, reply) {
    try {
      const request = await requestFrom(message);
      const response = request ? await this.answer(request) : new Response(null, { status: 413 });
      reply.writeHead(response.status, Object.fromEntries(response.headers));
      reply.end(Buffer.from(await response.arrayBuffer()));
    } catch (error) {
      console.error(error);
      if (!reply.headersSent) reply.writeHead(500);
      reply.end();
    }
  }
}

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    origin: { type: "string" },
    "key-file": { type: "string" },
    reads: { type: "string" },
    "authorized-fetch": { type: "boolean", default: false },
    challenge: { type: "boolean", default: false },
    person: { type: "string", multiple: true, default: ["bob", "carol"] },
  },
});
await configure({
  // Standard output is for the one line that a test waits for.
  sinks: { stderr: getConsoleSink({ levelMap: { info: "error", warning: "error" } }) },
  loggers: [
    { category: "fedify", lowestLevel: "warning", sinks: ["stderr"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
  ],
});
const world = await createWorld(options.person, options["key-file"]);
const server = createServer();
await new Promise((resolve, reject) => {
  server.once("error", reject).listen(Number(options.port), "127.0.0.1", resolve);
});
const { port } = server.address();
const origin = options.origin ?? `http://127.0.0.1:${port}`;
const peer = new Peer({
  ...{ origin, world },
  kv: new MemoryKvStore(),
  reads: options.reads,
  authorizedFetch: options["authorized-fetch"],
  challenge: options.challenge,
});
server.on("request", (message, reply) => peer.serve(message, reply));
// Whoever started us is gone when our input ends: nothing is left running behind a test.
process.stdin.resume().on("end", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
console.log(JSON.stringify({ ready: true, port, origin }));
