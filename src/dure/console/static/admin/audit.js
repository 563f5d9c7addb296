// The audit log, from its beginning on.

import { ask } from "./operator.js";
import { build, find, onClick, page, quietly } from "./page.js";
import "./leaving.js";

let last = 0;

async function showMore() {
  const { entries } = await ask(`/v1/audit?after=${last}`);
  for (const entry of entries) {
    const { number, act, by } = entry;
    const facts = Object.entries(entry.facts).map(([name, value]) => `${name}: ${value}`).join(", ");
    const time = new Date(entry.time).toISOString().replace("T", " ").slice(0, 19);
    find("rows").append(build("row", { number, time, act, by, facts }));
    last = number;
  }
  page.dataset.ready = "";
}

onClick("more", showMore);
quietly(showMore);
