/** What the peer knows: its persons, their keys, and all that was said to them. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";

import { exportJwk, generateCryptoKeyPair, importJwk } from "@fedify/fedify";

// The first signs requests, the second documents.
const KEY_TYPES = ["RSASSA-PKCS1-v1_5", "Ed25519"];

/**
 * Begin a world; it ends with the process.
 *
 * keyFile: where the keys are kept for the next time, since making one of 4,096 bits takes
 * seconds; undefined for keys of this time alone.
 */
export async function createWorld(persons, keyFile) {
  return {
    persons,
    keys: await readKeys(persons, keyFile),
    notes: new Map(),
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
  const pair = await generateCryptoKeyPair(type);
  return { public: await exportJwk(pair.publicKey), private: await exportJwk(pair.privateKey) };
}

async function readPair(pair) {
  return {
    publicKey: await importJwk(pair.public, "public"),
    privateKey: await importJwk(pair.private, "private"),
  };
}
