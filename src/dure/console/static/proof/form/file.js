// The proof file's bytes, read in their one form: canonical JSON of the structures in shapes.js, at most 16 MiB.

import { Broken } from "../broken.js";
import { PROOF_BYTES_MAX } from "./bounds.js";
import { readJson } from "./json.js";
import { fromForm, Mismatch, toForm } from "./kinds.js";
import { ProofFile } from "./shapes.js";

// Returns the proof; throws Broken with the check `size`, `json`, `form` or `canonical form`.
export function readProof(data) {
  if (data.length > PROOF_BYTES_MAX) throw new Broken("size", "size", { size: data.length, most: PROOF_BYTES_MAX });
  const { text, form } = readForm(data);
  const proof = readStructure(form);
  if (writeProof(proof) !== text) throw new Broken("canonical form", "canonical");
  return proof;
}

// Returns the text whose UTF-8 bytes are the file: fields sorted, no space, numbers and text as RFC 8785 has them.
export function writeProof(proof) {
  return JSON.stringify(toForm(ProofFile, proof));
}

function readForm(data) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return { text, form: readJson(text) };
  } catch (problem) {
    throw new Broken("json", "json", { problem: problem.message });
  }
}

function readStructure(form) {
  try {
    if (!(form instanceof Map)) throw new Mismatch("the file holds no object");
    return fromForm(ProofFile, form);
  } catch (problem) {
    if (!(problem instanceof Mismatch)) throw problem;
    throw new Broken("form", "form", { problem: problem.message });
  }
}
