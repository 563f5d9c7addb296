// Passkeys: made by the browser's authenticator, and asked to sign the id of a transaction as WebAuthn's challenge.
// Their private keys never get here.

import { join } from "./wire.js";

const ES256 = -7;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SPKI_POINT_BYTES = 65;

export function isAvailable() {
  return window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window;
}

export async function createPasskey(name) {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { name: "Dure" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
    },
  });
  const spki = new Uint8Array(made.response.getPublicKey());
  return {
    id: new Uint8Array(made.rawId),
    key: compress(spki.slice(-SPKI_POINT_BYTES)),
    rpId: location.hostname,
    origins: [location.origin],
  };
}

export async function sign(passkey, challenge) {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge,
      rpId: passkey.rpId,
      allowCredentials: [{ type: "public-key", id: passkey.id }],
      userVerification: "required",
    },
  });
  return {
    authenticatorData: new Uint8Array(given.response.authenticatorData),
    clientData: new Uint8Array(given.response.clientDataJSON),
    signature: readSignature(new Uint8Array(given.response.signature)),
  };
}

// SEC 1, section 2.3.3: the parity of y, and x.
function compress(point) {
  return join([[2 + (point[64] & 1)], point.slice(1, 33)]);
}

// From DER (RFC 3279, section 2.2.3) to r and s of 32 bytes each; of the two values of s the chain takes the low one.
function readSignature(der) {
  const [r, rest] = readInteger(der.slice(2));
  const [s] = readInteger(rest);
  return join([toBytes(r), toBytes(2n * s > ORDER ? ORDER - s : s)]);
}

function readInteger(bytes) {
  const length = bytes[1];
  const value = bytes.slice(2, 2 + length).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return [value, bytes.slice(2 + length)];
}

function toBytes(value) {
  return Uint8Array.from({ length: 32 }, (_, place) => Number((value >> BigInt(8 * (31 - place))) & 255n));
}
