// Keys of this browser: an Ed25519 key of WebCrypto that signs and cannot be read, or a passkey, which asks its owner.
//
// A key as kept: { id, kind, name, made, key } with `key` the public key, and either `private` (a CryptoKey that is not
// extractable) or a passkey's { credential, rpId, origins }.

import { createPasskey, isAvailable, sign as signByPasskey } from "../passkey.js";
import { buildPasskeyPolicy } from "../ledger.js";
import { toHex } from "../wire.js";
import { Refused } from "./refused.js";

const NAME_MAX = 64;

// Returns why a kind of key cannot be made here, as the key of a text: empty where it can.
export async function findLack(kind) {
  if (!window.isSecureContext || !crypto.subtle) return "signing_insecure";
  if (kind === "passkey") return isAvailable() ? "" : "signing_no_passkeys";
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return "";
  } catch {
    return "signing_no_ed25519";
  }
}

export async function makeKey(kind, name) {
  const called = cleanName(name);
  const made = kind === "passkey" ? await makePasskey(called) : await makeDeviceKey();
  return { ...made, id: toHex(made.key), kind, name: called, made: Date.now() };
}

export function cleanName(name) {
  const cleaned = [...name.normalize("NFC").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim()].slice(0, NAME_MAX).join("");
  if (cleaned === "") throw new Refused("wrong_name", "a name has at least one character");
  return cleaned;
}

async function makeDeviceKey() {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { key, private: pair.privateKey };
}

async function makePasskey(name) {
  const { id, key, rpId, origins } = await decline(() => createPasskey(name));
  return { key, credential: id, rpId, origins };
}

// What stands for this key in a policy.
export function getPlace(key) {
  return key.kind === "passkey" ? buildPasskeyPolicy(key) : key.key;
}

export function getSinglePolicy(key) {
  return key.kind === "passkey" ? buildPasskeyPolicy(key) : ["ed25519-1", key.key];
}

// Returns what the key gives for 32 bytes, in its wire form.
export async function signWith(key, message) {
  if (key.kind === "device") {
    return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key.private, message));
  }
  const { authenticatorData, clientData, signature } = await decline(() => {
    return signByPasskey({ id: key.credential, rpId: key.rpId }, message);
  });
  return ["assertion-1", authenticatorData, clientData, signature];
}

// The browser says NotAllowedError for everything that its person or its device did not do.
async function decline(task) {
  try {
    return await task();
  } catch (problem) {
    if (problem.name === "NotAllowedError") throw new Refused("declined", "the device did not sign");
    throw new Refused("declined", problem.message);
  }
}
