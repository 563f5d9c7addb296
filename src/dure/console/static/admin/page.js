// What every admin page does: its words, one thing at a time, and saying how it went. Everything is written as text.

export const page = document.querySelector("[data-page]");
export const words = page.dataset;
const said = page.querySelector("[data-said]");

export function find(name) {
  return page.querySelector(`[data-${name}]`);
}

export function say(text, kind = "") {
  said.hidden = text === "";
  said.dataset.kind = kind;
  said.textContent = text;
}

// One thing at a time: an authenticator asks one question at a time, too. A task that returns false was given up.
export async function work(task) {
  if (page.ariaBusy === "true") return;
  page.ariaBusy = "true";
  say(words.working, "working");
  try {
    if ((await task()) === false) say("");
    else say(words.done, "good");
  } catch (problem) {
    say(problem.name === "NotAllowedError" ? words.declined : `${words.refused} ${problem.message}`, "bad");
  } finally {
    page.ariaBusy = "false";
  }
}

// What a page shows by itself: nothing is said where it works.
export async function quietly(task) {
  try {
    await task();
  } catch (problem) {
    say(`${words.refused} ${problem.message}`, "bad");
  }
}

export function onClick(name, task) {
  find(name).addEventListener("click", () => work(task));
}

export function onSubmit(name, task) {
  find(name).addEventListener("submit", (event) => {
    event.preventDefault();
    work(() => task(event.target));
  });
}

export function show(name, text) {
  for (const each of page.querySelectorAll(`[data-show="${name}"]`)) each.textContent = text;
}

export function build(name, texts) {
  const made = page.querySelector(`template[data-${name}]`).content.firstElementChild.cloneNode(true);
  for (const [field, text] of Object.entries(texts)) made.querySelector(`[data-field="${field}"]`).textContent = text;
  return made;
}

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export function choose(select, values) {
  const chosen = select.value;
  select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
  if (values.some(([value]) => String(value) === chosen)) select.value = chosen;
}

export function showBytes(count) {
  if (count === null) return "–";
  return count < 1048576 ? `${(count / 1024).toFixed(0)} KiB` : `${(count / 1048576).toFixed(1)} MiB`;
}

export function getNetwork() {
  return decodeURIComponent(location.pathname.split("/")[2]);
}

// Asks again a second after each answer, as long as the page is looked at.
export function repeat(task) {
  const again = async () => {
    if (document.visibilityState === "visible") await quietly(task);
    setTimeout(again, 1000);
  };
  again();
}

export function linkNetwork(name, part = "") {
  return `/networks/${encodeURIComponent(name)}${part && `/${part}`}${words.query}`;
}

export function addLinks() {
  const name = getNetwork();
  show("name", name);
  for (const link of page.querySelectorAll("a[data-link]")) link.href = linkNetwork(name, link.dataset.link);
}
