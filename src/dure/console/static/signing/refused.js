// What did not happen, and why: `code` is for programs and never changes, `message` is for people.

export class Refused extends Error {
  constructor(code, message, facts = {}) {
    super(message);
    this.name = "Refused";
    this.code = code;
    Object.assign(this, facts);
  }
}
