// What a contract answered, laid out by its type. Everything is written as text, never as markup.

import { makePlain } from "../signing/showing.js";
import { writeAmount, writeDecimal } from "../signing/values.js";

// `field` is what dure.console.facts.forms says of the result; `words` the element with the form's words.
export function showResult(value, field, words) {
  switch (field.kind) {
    case "list": return showList(value, field.fields[0], words);
    case "record": return showRecord(value, field.fields, words);
    case "nothing": return write("span", words.dataset.nothing, "soft");
    case "truth": return write("b", value ? words.dataset.yes : words.dataset.no);
    case "amount": return write("b", `${writeAmount(BigInt(value), field.places)}${field.unit ? ` ${field.unit}` : ""}`);
    case "integer": return write("b", writeWhole(value));
    case "time": return showTime(value);
    case "duration": return write("b", `${writeDecimal(BigInt(value), 3)} s`);
    case "address": return showAddress(value);
    case "choice": return write("b", (field.options.find(([name]) => name === value) ?? [value, value])[1]);
    case "bytes":
    case "asset":
    case "hash": return write("span", value, "hash");
    default: return write("b", typeof value === "string" ? value : JSON.stringify(value));
  }
}

function writeWhole(value) {
  const whole = BigInt(value);
  return `${whole < 0n ? "-" : ""}${writeAmount(whole < 0n ? -whole : whole, 0)}`;
}

function write(name, text, style) {
  const element = document.createElement(name);
  element.textContent = makePlain(String(text ?? ""));
  if (style) element.className = style;
  return element;
}

function showList(items, field, words) {
  if (items.length === 0) return write("span", words.dataset.nothing, "soft");
  const list = document.createElement("ol");
  for (const item of items) {
    const row = document.createElement("li");
    row.append(showResult(item, field, words));
    list.append(row);
  }
  return list;
}

function showRecord(record, fields, words) {
  const list = document.createElement("dl");
  for (const field of fields) {
    const value = document.createElement("dd");
    value.append(showResult(record[field.name], field, words));
    list.append(write("dt", field.label), value);
  }
  return list;
}

function showTime(value) {
  const moment = new Date(Number(value));
  if (Number.isNaN(moment.getTime())) return write("b", String(value));
  const element = write("time", moment.toISOString().slice(0, 19).replace("T", " "));
  element.dateTime = moment.toISOString();
  return element;
}

function showAddress(value) {
  const link = write("a", value, "hash");
  link.href = `/accounts/${encodeURIComponent(value)}`;
  return link;
}
