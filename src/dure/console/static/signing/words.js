// The texts of signing and of the wallet, in the language of the page.

export async function loadWords() {
  const language = document.documentElement.lang || "en";
  const answer = await fetch(`/signing/words.json?lang=${encodeURIComponent(language)}`);
  const texts = answer.ok ? await answer.json() : {};
  return new Words(texts, language);
}

// Returns a contract's word for a name, undefined where it has none: such tables come from outside, and have no prototype.
export function lookUp(table, name) {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

export class Words {
  constructor(texts, language) {
    this.texts = texts;
    this.language = language;
  }

  has(key) {
    return Object.hasOwn(this.texts, key);
  }

  // Returns a text with {names} filled in; what is filled in is text, never markup.
  get(key, values = {}) {
    const text = this.has(key) ? this.texts[key] : key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  }
}
