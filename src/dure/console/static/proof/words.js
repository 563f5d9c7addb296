// From what a check says to a sentence: texts come with the page, in its language; values are put in as plain text.

const GAP = "\u202f";
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
const LIST_MAX = 12;

// `texts`: sentences by key, with {names} where values stand.
export function createWords(texts) {
  const say = (key, facts = {}) => {
    const text = texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (mark, name) => (name in facts ? showFact(facts[name]) : mark));
  };
  return {
    say,
    nameCheck({ name }) {
      const [kind, number] = name.startsWith("handover ") ? ["handover", Number(name.slice(9)) + 1] : [name, null];
      return say(`proof_check_${kind.replaceAll(" ", "_")}`, { number });
    },
    explain({ says, facts }) {
      const flaw = facts.flaw ? { flaw: say(`proof_flaw_${facts.flaw}`) } : {};
      return say(`proof_says_${says}`, { ...facts, ...flaw });
    },
  };
}

// Reads the texts that stand in a page: <template><p data-key="…">…</p></template>.
export function readTexts(template) {
  return Object.fromEntries(Array.from(template.content.children, (each) => [each.dataset.key, each.textContent]));
}

export function showFact(value) {
  if (Array.isArray(value)) {
    const shown = value.slice(0, LIST_MAX).map(showFact).join(", ");
    return value.length > LIST_MAX ? `${shown} … (${value.length})` : shown;
  }
  if (typeof value === "bigint" || Number.isInteger(value)) return showNumber(value);
  return value === null ? "–" : writeOutTurns(String(value));
}

export function showNumber(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, GAP);
}

// Text with the characters that turn its direction written out, as every page writes them (dure.console.rendering).
export function writeOutTurns(text) {
  return text.replace(TURNS, (letter) => `⟨U+${letter.codePointAt(0).toString(16).toUpperCase()}⟩`);
}

// A moment as people read it, in UTC; past the year 9999 as it is.
export function showTime(milliseconds) {
  const moment = new Date(Number(milliseconds));
  return milliseconds < 253_402_300_800_000n ? moment.toISOString().slice(0, 19).replace("T", " ") : String(milliseconds);
}
