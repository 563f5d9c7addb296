// A check that did not hold: its name (docs/spec/proof.md, as `dure verify` names it), which sentence says so, and with
// which values. Sentences stand in texts/proof.toml.

export class Broken extends Error {
  constructor(check, says, facts = {}) {
    super(`${check}: ${says}`);
    this.check = check;
    this.says = says;
    this.facts = facts;
  }
}

export function require(condition, check, says, facts = {}) {
  if (!condition) throw new Broken(check, says, facts);
}
