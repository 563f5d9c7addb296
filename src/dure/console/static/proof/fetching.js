// A proof's bytes, from a file or from the node that served the page, never more than a proof file may have.

import { PROOF_BYTES_MAX } from "./form/bounds.js";

const ID = /^[0-9a-f]{64}$/;

export class TooLarge extends Error {}

export async function readFile(file) {
  if (file.size > PROOF_BYTES_MAX) throw new TooLarge(file.name);
  return new Uint8Array(await file.arrayBuffer());
}

// Returns the proof of a transaction, or of what one `call` of it did; `kind` may be "scheduled": of a scheduled call.
export async function fetchProof(id, { call = null, kind = "transactions" } = {}) {
  if (!ID.test(id)) throw new RangeError("an id has 64 hexadecimal digits");
  const query = call !== null && /^[0-9]{1,4}$/.test(call) ? `?call=${call}` : "";
  const answer = await fetch(`/v1/${kind}/${id}/proof${query}`);
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  return readBounded(answer.body.getReader());
}

export async function readBounded(reader) {
  const parts = [];
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > PROOF_BYTES_MAX) {
      await reader.cancel();
      throw new TooLarge("the answer");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
