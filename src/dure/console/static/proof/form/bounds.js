// No proof file is longer (docs/spec/proof.md P1).

export const PROOF_BYTES_MAX = 16 * 1024 * 1024;
