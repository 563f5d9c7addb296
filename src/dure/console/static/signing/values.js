// Values of a call, by the types of a contract's interface: from their JSON form to what the ledger writes, and back.
// docs/reference/language.md has the types; what Python refuses (dure.contract.values) is refused here.
//
// The JSON form has addresses as dure1…, bytes, hashes and assets in hexadecimal, decimals as text, records as objects,
// choices by their member's name. Whole numbers are BigInt, or numbers where they are safe; read back they are BigInt.
//
// The ledger's own calls (ledger_methods.js) also have policies, and places that may be empty: `Policy`, `Address?`.

import { decodeAddress, encodeAddress, parsePolicy, renderPolicy } from "../ledger.js";
import { decode, encode, fromHex, toHex } from "../wire.js";
import { Refused } from "./refused.js";

const INT_MIN = -(1n << 63n);
const INT_MAX = (1n << 63n) - 1n;
const TEXT_MAX = 64 * 1024;
const ITEMS_MAX = 10_000;
const VALUE_BYTES_MAX = 256 * 1024;
const DECIMAL = /^(-?)(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,18}))?$/;
const LIST = /^list\[(.+)\]$/;
const MONEY = /^(Asset|Amount)\[(\w+)\]$/;
const SIGNED = new Set(["int", "Duration"]);
const UNSIGNED = new Set(["Time", "Amount"]);
const IDENTIFIERS = new Set(["Asset", "Hash"]);

// Returns { sort, name, … } of a type as the interface writes it.
export function parseType(text, shapes) {
  const list = LIST.exec(text);
  if (list) return { sort: "list", name: "list", item: parseType(list[1], shapes) };
  if (text.endsWith("?")) return { sort: "optional", name: text, item: parseType(text.slice(0, -1), shapes) };
  const money = MONEY.exec(text);
  if (money && Object.hasOwn(shapes.currencies ?? {}, money[2])) return { sort: "scalar", name: money[1], currency: money[2] };
  for (const [table, sort] of [["records", "record"], ["choices", "choice"], ["decimals", "decimal"]]) {
    if (Object.hasOwn(shapes[table] ?? {}, text)) return { sort, name: text, shape: shapes[table][text] };
  }
  if (SIGNED.has(text) || UNSIGNED.has(text) || IDENTIFIERS.has(text)) return { sort: "scalar", name: text };
  if (["bool", "str", "bytes", "Address"].includes(text)) return { sort: "scalar", name: text };
  if (text === "Policy" && shapes.isLedger) return { sort: "policy", name: text };
  throw new Refused("wrong_value", `there is no type ${text}`);
}

export function getMethod(shapes, name) {
  if (!Object.hasOwn(shapes.methods, name)) throw new Refused("wrong_value", `${shapes.name} has no method ${name}`);
  return shapes.methods[name];
}

// Returns the canonical bytes of a call's arguments, given by name or in order; throws `Refused` naming the place.
export function encodeArguments(shapes, name, given) {
  const { parameters } = getMethod(shapes, name);
  const named = Array.isArray(given) ? bind(name, parameters, given) : given;
  requireFields(named, parameters, name);
  const bytes = encode(parameters.map((each) => toWire(parseType(each.type, shapes), named[each.name], each.name, shapes)));
  if (bytes.length > getBytesMax(shapes)) throw refuse(name, "size", { most: getBytesMax(shapes) });
  return bytes;
}

// Returns [{ name, type, kind, value }] of a call's bytes, the values in their JSON form; throws `Refused`.
export function decodeArguments(shapes, name, bytes) {
  const { parameters } = getMethod(shapes, name);
  let wire = null;
  try {
    wire = decode(bytes);
  } catch (problem) {
    throw new Refused("wrong_value", problem.message);
  }
  if (!Array.isArray(wire) || wire.length !== parameters.length) throw refuse(name, "arguments");
  return parameters.map((each, place) => {
    const kind = parseType(each.type, shapes);
    return { name: each.name, type: each.type, kind, value: fromWire(kind, wire[place], each.name, shapes) };
  });
}

function bind(name, parameters, given) {
  if (given.length !== parameters.length) throw refuse(name, "arguments");
  return Object.fromEntries(parameters.map((each, place) => [each.name, given[place]]));
}

function requireFields(given, fields, place) {
  const isObject = given !== null && typeof given === "object" && !Array.isArray(given) && !(given instanceof Uint8Array);
  const names = fields.map((each) => each.name);
  if (!isObject || Object.keys(given).length !== names.length || !names.every((each) => Object.hasOwn(given, each))) {
    throw refuse(place, "fields", { names: names.join(", ") });
  }
}

function getBytesMax(shapes) {
  return shapes.isLedger ? 1024 * 1024 : VALUE_BYTES_MAX;
}

function toWire(kind, value, place, shapes) {
  switch (kind.sort) {
    case "list":
      if (!Array.isArray(value) || value.length > ITEMS_MAX) throw refuse(place, "list", { most: ITEMS_MAX });
      return value.map((item, index) => toWire(kind.item, item, `${place}[${index}]`, shapes));
    case "record":
      requireFields(value, kind.shape.fields, place);
      return kind.shape.fields.map((each) => {
        return toWire(parseType(each.type, shapes), value[each.name], `${place}.${each.name}`, shapes);
      });
    case "optional":
      return value === null ? null : toWire(kind.item, value, place, shapes);
    case "choice":
      return requireMember(kind, value, place);
    case "decimal":
      return readDecimal(value, kind.shape.places, place);
    case "policy":
      return attempt(() => parsePolicy(value), place, "policy");
    default:
      return scalarToWire(kind.name, value, place);
  }
}

function scalarToWire(name, value, place) {
  if (SIGNED.has(name)) return requireInteger(value, INT_MIN, place);
  if (UNSIGNED.has(name)) return requireInteger(value, 0n, place);
  if (name === "bool") return typeof value === "boolean" ? value : fail(place, "truth");
  if (name === "str") return requireText(value, place);
  if (typeof value !== "string") throw refuse(place, name.toLowerCase());
  if (name === "Address") return decodeAddress(requireBare(value, place)) ?? fail(place, "address");
  // Python takes capitals in hexadecimal, and no spaces.
  const bytes = attempt(() => fromHex(value.toLowerCase()), place, "bytes");
  if (name === "bytes" ? bytes.length > TEXT_MAX : bytes.length !== 32) throw refuse(place, name.toLowerCase());
  return bytes;
}

function requireBare(value, place) {
  return value === value.trim() ? value : fail(place, "address");
}

function requireInteger(value, least, place) {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!isWhole || BigInt(value) < least || BigInt(value) > INT_MAX) throw refuse(place, "integer", { least, most: INT_MAX });
  return BigInt(value);
}

function requireText(value, place) {
  const isText = typeof value === "string" && !/\p{Surrogate}/u.test(value);
  if (!isText || value.length > 2 * TEXT_MAX || [...value].length > TEXT_MAX) throw refuse(place, "str", { most: TEXT_MAX });
  return value;
}

function requireMember(kind, value, place) {
  const names = kind.shape.members.map((each) => each.name);
  return names.includes(value) ? value : fail(place, "choice", { names: names.join(", ") });
}

function readDecimal(value, places, place) {
  const found = typeof value === "string" ? DECIMAL.exec(value) : null;
  const fraction = found?.[3] ?? "";
  if (!found || fraction.length > places) throw refuse(place, "decimal", { places });
  const units = BigInt(found[1] + found[2] + fraction.padEnd(places, "0"));
  return units >= INT_MIN && units <= INT_MAX ? units : fail(place, "decimal", { places });
}

function fromWire(kind, wire, place, shapes) {
  switch (kind.sort) {
    case "list":
      if (!Array.isArray(wire) || wire.length > ITEMS_MAX) throw refuse(place, "list", { most: ITEMS_MAX });
      return wire.map((item, index) => fromWire(kind.item, item, `${place}[${index}]`, shapes));
    case "record":
      if (!Array.isArray(wire) || wire.length !== kind.shape.fields.length) throw refuse(place, "fields", { names: kind.name });
      return Object.fromEntries(kind.shape.fields.map((each, index) => {
        return [each.name, fromWire(parseType(each.type, shapes), wire[index], `${place}.${each.name}`, shapes)];
      }));
    case "optional":
      return wire === null ? null : fromWire(kind.item, wire, place, shapes);
    case "choice":
      return requireMember(kind, wire, place);
    case "decimal":
      return writeDecimal(requireWireInteger(wire, INT_MIN, place), kind.shape.places);
    case "policy":
      return attempt(() => readPolicy(wire), place, "policy");
    default:
      return scalarFromWire(kind.name, wire, place);
  }
}

function scalarFromWire(name, wire, place) {
  if (SIGNED.has(name)) return requireWireInteger(wire, INT_MIN, place);
  if (UNSIGNED.has(name)) return requireWireInteger(wire, 0n, place);
  if (name === "bool") return typeof wire === "boolean" ? wire : fail(place, "truth");
  if (name === "str") return requireText(wire, place);
  if (!(wire instanceof Uint8Array) || (name === "bytes" ? wire.length > TEXT_MAX : wire.length !== 32)) {
    throw refuse(place, name.toLowerCase());
  }
  return name === "Address" ? encodeAddress(wire) : toHex(wire);
}

function requireWireInteger(wire, least, place) {
  return typeof wire === "bigint" && wire >= least ? wire : fail(place, "integer", { least, most: INT_MAX });
}

// The wire form is read as its JSON form, so that every bound is asked in one place.
function readPolicy(wire) {
  const renderKey = (key) => (key instanceof Uint8Array ? toHex(key) : { ...renderPolicy(key) });
  const form = wire[0] === "threshold-1" ? { type: wire[0], threshold: Number(wire[1]), keys: wire[2].map(renderKey) } : renderPolicy(wire);
  return renderPolicy(parsePolicy(form));
}

// Returns units of 10**-places written out with all their places: "0.035000".
export function writeDecimal(units, places) {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${units < 0n ? "-" : ""}${whole}${places ? `.${digits.slice(digits.length - places)}` : ""}`;
}

// Returns the smallest units of an amount that a person wrote with at most `decimals` places, its thousands apart by spaces
// or commas: "1,234.50". Null for anything else.
export function readAmount(text, decimals) {
  const bare = text.trim();
  const plain = /^[0-9]{1,3}([, \u00a0\u202f][0-9]{3})+(\.|$)/.test(bare) ? bare.replace(/[, \u00a0\u202f]/g, "") : bare;
  const found = DECIMAL.exec(plain);
  if (!found || found[1] || (found[3] ?? "").length > decimals) return null;
  const units = BigInt(found[2] + (found[3] ?? "").padEnd(decimals, "0"));
  return units <= INT_MAX ? units : null;
}

// Returns an amount as a person reads it: all places, and thousands apart by a narrow space (dure.console.applications.money).
export function writeAmount(units, decimals) {
  const [whole, fraction] = writeDecimal(units, decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function attempt(task, place, expected) {
  try {
    return task();
  } catch {
    throw refuse(place, expected);
  }
}

function fail(place, expected, facts) {
  throw refuse(place, expected, facts);
}

// `expected` is the key of a text, `signing_expected_…`; the message is for whoever reads no texts.
function refuse(place, expected, facts = {}) {
  return new Refused("wrong_value", `${place}: expected ${expected}`, { place, expected, values: facts });
}
