// What a person typed into a contract's form, as values of the API's JSON form: whole numbers as BigInt, amounts in the
// smallest unit, moments in milliseconds. Throws `Wrong` with the field and what is wrong with it.

import { decodeAddress } from "../ledger.js";
import { readAmount } from "../signing/values.js";

const INTEGER = /^-?(0|[1-9][0-9]{0,18})$/;
const DECIMAL = /^-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?$/;
const HEX = /^([0-9a-fA-F]{2})*$/;

export class Wrong extends Error {
  constructor(field, expected) {
    super(expected);
    this.field = field;
    this.expected = expected; // A key of the form's texts.
  }
}

// Returns { name: value, … } of the fields that lie directly in `place`.
export function readFields(place) {
  return Object.fromEntries(listFields(place).map((field) => [field.dataset.field, readField(field)]));
}

// The fields of a form or a fieldset, but not those inside of its own fieldsets.
function listFields(place) {
  const holder = (element) => element.parentElement.closest("[data-field], form");
  return [...place.querySelectorAll("[data-field]")].filter((field) => holder(field) === place);
}

export function readField(field) {
  switch (field.dataset.kind) {
    case "record":
      return readFields(field);
    case "list":
      return listFields(field).map(readField);
    default:
      return readScalar(field, field.querySelector("[data-value]"));
  }
}

function readScalar(field, input) {
  const text = input.value.trim();
  switch (field.dataset.kind) {
    case "truth": return input.checked;
    case "text": return input.value;
    case "choice": return input.value;
    case "integer": return INTEGER.test(text) ? BigInt(text) : fail(field, "integer");
    case "duration": return INTEGER.test(text) ? BigInt(text) * BigInt(field.querySelector("[data-unit]").value) : fail(field, "integer");
    case "amount": return readAmount(text, Number(field.dataset.places)) ?? fail(field, "amount");
    case "decimal": return isDecimal(text, Number(field.dataset.places)) ? text : fail(field, "decimal");
    case "time": return readTime(field, input.value);
    case "address": return decodeAddress(text) ? text.toLowerCase() : fail(field, "address");
    case "bytes": return HEX.test(text) ? text.toLowerCase() : fail(field, "hex");
    case "asset":
    case "hash": return HEX.test(text) && text.length === 64 ? text.toLowerCase() : fail(field, "hash");
    default: return readJson(field, text);
  }
}

function isDecimal(text, places) {
  return DECIMAL.test(text) && (text.split(".")[1] ?? "").length <= places;
}

// A moment is typed as UTC, whatever zone the reader sees times in: it is written beside the field.
function readTime(field, text) {
  const moment = Date.parse(`${text}Z`);
  return Number.isSafeInteger(moment) && moment >= 0 ? BigInt(moment) : fail(field, "time");
}

// Whole numbers past 2^53 would be rounded: they are typed as digits in quotes and do not fit there, which the node says.
function readJson(field, text) {
  try {
    return JSON.parse(text);
  } catch {
    return fail(field, "json");
  }
}

function fail(field, expected) {
  throw new Wrong(field, expected);
}

// Returns the JSON of a value; a BigInt stands as its digits, which JSON allows and `JSON.stringify` does not write.
export function writeJson(value) {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${writeJson(each)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
