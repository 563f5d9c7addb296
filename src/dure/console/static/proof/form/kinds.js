// Kinds of values, as data, and the three ways to write a value of a kind (docs/spec/proof.md P2, docs/spec/encoding.md):
//   fromForm  from the JSON of a proof file, every bound of the kind checked; throws a Mismatch that says where
//   toForm    to that JSON, with the fields of an object in the one order
//   toWire    to what wire.js encodes; fromWire back
// Integers are BigInt, bytes and addresses Uint8Array, a structure is an object that carries its kind.

import { decodeAddress, encodeAddress } from "../../ledger.js";
import { toHex } from "../../wire.js";

export class Mismatch extends Error {}

export const KIND = Symbol("kind");

const SAFE_INTEGER_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const TAG = "type";
const NO_HEX = /[^0-9a-fA-F]/;
const BLANKS = /[ \t\n\r\f\v]+/;
const DIGITS = /^-?[0-9]{1,20}$/;

export const nothing = { kind: "nothing" };
export const boolean = { kind: "boolean" };
export const address = { kind: "address" };
export const integer = (least, most) => ({ kind: "integer", least: BigInt(least), most: BigInt(most) });
export const bytes = (least = 0, most = Infinity) => ({ kind: "bytes", least, most });
export const text = (least = 0, most = Infinity, pattern = null) => ({ kind: "text", least, most, pattern });
export const choice = (...words) => ({ kind: "choice", words });
export const list = (of, least = 0, most = Infinity) => ({ kind: "list", of, least, most });
export const tuple = (...items) => ({ kind: "tuple", items });
export const either = (...options) => ({ kind: "either", options: options.flatMap(listOptions) });
export const optional = (of) => either(of, nothing);
export const struct = (fields, tag = null) => ({ kind: "struct", tag, fields: Object.entries(fields) });

export function build(kind, fields) {
  return { ...fields, [KIND]: kind };
}

export function fromForm(kind, form, where = "the file") {
  const options = listOptions(kind);
  if (form === null) return find(options, ["nothing"], where, "may not be null") && null;
  if (form instanceof Map) return readStruct(options, form, where);
  if (Array.isArray(form)) return readItems(find(options, ["list", "tuple"], where, "is no list"), form, where);
  if (typeof form === "boolean") return find(options, ["boolean"], where, "is not true or false") && form;
  if (typeof form === "bigint") return bound(find(options, ["integer"], where, "is no number"), form, where);
  require(typeof form === "string", where, "is of a kind that does not occur in a proof");
  return readText(options, form, where);
}

export function toForm(kind, value) {
  if (typeof value === "bigint") return abs(value) <= SAFE_INTEGER_MAX ? Number(value) : String(value);
  if (value instanceof Uint8Array) return isAddress(kind) ? encodeAddress(value) : toHex(value);
  if (Array.isArray(value)) {
    const of = listOptions(kind).find((each) => each.kind === "list" || each.kind === "tuple");
    return value.map((each, place) => toForm(of.kind === "list" ? of.of : of.items[place], each));
  }
  if (value === null || typeof value !== "object") return value;
  const { tag, fields } = value[KIND];
  const named = fields.map(([name, of]) => [name, toForm(of, value[name])]);
  if (tag !== null) named.push([TAG, tag]);
  return Object.fromEntries(named.sort(([left], [right]) => (left < right ? -1 : 1)));
}

export function toWire(value) {
  if (Array.isArray(value)) return value.map(toWire);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  const { tag, fields } = value[KIND];
  const items = fields.map(([name]) => toWire(value[name]));
  return tag === null ? items : [tag, ...items];
}

export function fromWire(kind, wire, where = "the value") {
  const options = listOptions(kind);
  if (wire === null) return find(options, ["nothing"], where, "may not be null") && null;
  if (typeof wire === "boolean") return find(options, ["boolean"], where, "is not true or false") && wire;
  if (typeof wire === "bigint") return bound(find(options, ["integer"], where, "is no number"), wire, where);
  if (typeof wire === "string") return bound(find(options, ["text", "choice"], where, "is no text"), wire, where);
  if (wire instanceof Uint8Array) return bound(find(options, ["bytes", "address"], where, "is no bytes"), wire, where);
  const found = options.find((each) => each.kind === "struct" && (each.tag === null || each.tag === wire[0]));
  if (!found) return readItems(find(options, ["list", "tuple"], where, "is no list"), wire, where, fromWire);
  const items = found.tag === null ? wire : wire.slice(1);
  require(items.length === found.fields.length, where, `has ${items.length} fields`);
  return build(found, Object.fromEntries(
    found.fields.map(([name, of], place) => [name, fromWire(of, items[place], `${where}.${name}`)]),
  ));
}

function listOptions(kind) {
  return kind.kind === "either" ? kind.options : [kind];
}

function isAddress(kind) {
  return listOptions(kind).some((each) => each.kind === "address");
}

function find(options, kinds, where, problem) {
  const found = options.find((each) => kinds.includes(each.kind));
  require(found, where, problem);
  return found;
}

function readStruct(options, form, where) {
  const structs = options.filter((each) => each.kind === "struct");
  const fitting = structs.filter((each) => each.tag === null || each.tag === form.get(TAG));
  require(fitting.length === 1, where, "is not of a type that is known here");
  const [{ tag, fields }] = fitting;
  const expected = new Set(fields.map(([name]) => name));
  if (tag !== null) expected.add(TAG);
  for (const name of form.keys()) require(expected.has(name), where, `has the unknown field ${name.slice(0, 64)}`);
  for (const name of expected) require(form.has(name), where, `lacks the field ${name}`);
  const values = fields.map(([name, of]) => [name, fromForm(of, form.get(name), `${where}.${name}`)]);
  return build(fitting[0], Object.fromEntries(values));
}

function readItems(kind, items, where, read = fromForm) {
  if (kind.kind === "tuple") require(items.length === kind.items.length, where, `has ${items.length} items`);
  else require(items.length >= kind.least && items.length <= kind.most, where, `has ${items.length} items`);
  return items.map((each, place) => read(kind.of ?? kind.items[place], each, `${where}[${place}]`));
}

function readText(options, form, where) {
  if (isAddress({ kind: "either", options })) return readAddress(form, where);
  const kind = find(options, ["bytes", "integer", "text", "choice"], where, "is text");
  if (kind.kind === "bytes") return bound(kind, readHex(form, where), where);
  if (kind.kind === "integer") {
    require(DIGITS.test(form), where, "is not a number");
    return bound(kind, BigInt(form), where);
  }
  return bound(kind, form, where);
}

// Capitals and blanks between the pairs are no mistake of form: that they are not the one form is noticed when it is written.
function readHex(form, where) {
  const parts = NO_HEX.test(form) ? form.split(BLANKS) : [form];
  require(parts.every((part) => part.length % 2 === 0 && !NO_HEX.test(part)), where, "is not hexadecimal");
  const digits = parts.join("");
  const found = new Uint8Array(digits.length / 2);
  for (let place = 0; place < found.length; place += 1) found[place] = Number.parseInt(digits.slice(2 * place, 2 * place + 2), 16);
  return found;
}

function readAddress(form, where) {
  const found = /^[\x21-\x7e]*$/.test(form) ? decodeAddress(form) : null;
  require(found !== null, where, "is no address, or mistyped");
  return found;
}

function bound(kind, value, where) {
  if (kind.kind === "choice") require(kind.words.includes(value), where, "is not one of the words known here");
  else if (kind.kind === "integer") require(value >= kind.least && value <= kind.most, where, "is out of bounds");
  else {
    const { least, most, pattern } = kind.kind === "address" ? { least: 32, most: 32 } : kind;
    const length = kind.kind === "text" ? [...value].length : value.length;
    require(length >= least && length <= most, where, `has the length ${length}`);
    require(!pattern || pattern.test(value), where, "has a letter that may not stand there");
  }
  return value;
}

function abs(value) {
  return value < 0n ? -value : value;
}

function require(condition, where, problem) {
  if (!condition) throw new Mismatch(`${where} ${problem}`);
}
