/** What the peer knows: its persons, their keys, and all that was said to them. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { exportJwk, importJwk } from "@fedify/fedify";

// The first signs requests, the second documents. As long as Mastodon's: with Fedify's own 4,096
// bits a busy machine takes half a minute.
const KEY_TYPES = [
  {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  { name: "Ed25519" },
];

/**
 * Begin a world; it ends with the process.
 *
 * keyFile: where the keys are kept for the next time, since making them takes a while;
 * undefined for keys of this time alone.
 */
export async function createWorld(persons, keyFile) {
  return {
    persons,
    keys: await readKeys(persons, keyFile),
    notes: new Map(),
    thread: new Map(),
    reactions: new Map(),
    followers: new Map(persons.map((person) => [person, new Map()])),
    following: new Map(persons.map((person) => [person, new Map()])),
    arrivals: new Map(),
    forwards: [],
    received: [],
    refused: [],
    undelivered: [],
  };
}

async function readKeys(persons, file) {
  const kept = file && existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : {};
  const missing = persons.filter((person) => !Object.hasOwn(kept, person));
  const made = await Promise.all(missing.map(() => Promise.all(KEY_TYPES.map(makePair))));
  missing.forEach((person, number) => (kept[person] = made[number]));
  if (file && missing.length) await writeFile(file, JSON.stringify(kept), { mode: 0o600 });
  const pairs = persons.map((person) => Promise.all(kept[person].map(readPair)));
  const read = await Promise.all(pairs);
  return Object.fromEntries(persons.map((person, number) => [person, read[number]]));
}

async function makePair(type) {
  const pair = await crypto.subtle.generateKey(type, true, ["sign", "verify"]);
  return { public: await exportJwk(pair.publicKey), private: await exportJwk(pair.privateKey) };
}

async function readPair(pair) {
  return {
    publicKey: await importJwk(pair.public, "public"),
    privateKey: await importJwk(pair.private, "private"),
  };
}
