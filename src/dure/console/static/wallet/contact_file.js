// Contacts as a file: { "format": "dure-contacts-1", "contacts": [{ "address": "dure1…", "name": "…" }, …] }.

import { decodeAddress, encodeAddress } from "../ledger.js";
import { cleanName } from "../signing/keys.js";
import { Refused } from "../signing/refused.js";

const FORMAT = "dure-contacts-1";
export const CONTACTS_MAX = 1_000;
const TEXT_MAX = 512 * 1024;
const OWN_MARKS = ["(your account)", "(내 계정)"]; // As `signing_own_account` says it in every language.
const LOOKALIKES = new Map(Array.from("аеорсухіјѕһԁԛԝкмтвнαοριντκβ", (letter, place) => [letter, "aeopcyxijshdqwkmtbhaopivtkb"[place]]));

export function writeContacts(contacts) {
  const plain = contacts.map(({ address, name }) => ({ address, name }));
  return `${JSON.stringify({ format: FORMAT, contacts: plain }, null, 1)}\n`;
}

// Returns the contacts; throws `Refused` for the whole file where one of them is wrong.
export function readContacts(text) {
  if (text.length > TEXT_MAX) throw new Refused("wrong_file", "the file is too long");
  let form = null;
  try {
    form = JSON.parse(text);
  } catch {
    throw new Refused("wrong_file", "the file is no JSON");
  }
  const isSound = form?.format === FORMAT && Array.isArray(form.contacts) && form.contacts.length <= CONTACTS_MAX;
  if (!isSound) throw new Refused("wrong_file", "the file holds no contacts");
  return form.contacts.map(readContact);
}

export function readContact(form) {
  const { address, name } = form ?? {};
  if (typeof address !== "string" || typeof name !== "string") throw new Refused("wrong_file", "a contact has a name and an address");
  const bytes = address.length > 80 ? null : decodeAddress(address);
  if (bytes === null) throw new Refused("wrong_address", "that is no address");
  return { address: encodeAddress(bytes), name: cleanName(name) };
}

// Refuses fresh contacts that would make a name that is known here mean another place to pay to. `contacts` and `accounts`
// are those of this browser as they were before; only the person, never a file, may give a known address another name.
export function requireFree({ contacts, accounts }, fresh, { mayRename = false } = {}) {
  for (const { address, name } of fresh) {
    const taken = [...contacts, ...fresh].some((each) => each.address !== address && isAlike(each.name, name));
    if (taken) throw new Refused("name_taken", `another address is called ${name}`);
    const isOwn = accounts.some((each) => each.address !== address && isAlike(each.name, name)) || OWN_MARKS.some((mark) => fold(name).endsWith(fold(mark)));
    if (isOwn) throw new Refused("name_own", `${name} is what an account of this browser is called`);
    const others = mayRename ? fresh : [...contacts, ...fresh];
    const renamed = others.some((each) => each.address === address && each.name !== name);
    if (renamed) throw new Refused("name_changed", `the file gives a known address the name ${name}`);
  }
}

function isAlike(left, right) {
  return fold(left) === fold(right);
}

// What of a name tells it apart at a glance: no width, no case, no spaces, nothing that is not seen, and letters of other
// alphabets as the Latin ones that they look like.
function fold(name) {
  const plain = name.normalize("NFKC").toUpperCase().toLowerCase().replace(/[\s\p{Default_Ignorable_Code_Point}]/gu, "");
  return Array.from(plain, (letter) => LOOKALIKES.get(letter) ?? letter).join("");
}
