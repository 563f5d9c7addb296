// New blocks as they come: the page says which height it shows, the stream goes on from the next one, so nothing is
// lost between rendering and connecting. Everything is written as text, never as markup.

const table = document.querySelector("[data-blocks]");
const refreshed = document.querySelector("[data-refresh]");
const source = table ?? refreshed;
const state = document.querySelector("[data-state]");
const ROWS_MAX = 20;
const WAIT_MS_MAX = 15000;
const REFRESH_MS = 1500;

let height = Number(source?.dataset.height ?? 0);
let waitMs = 500;
let refreshing = false;

function say(name) {
  if (!state) return;
  state.dataset.state = name;
  state.textContent = state.dataset[name];
}

function cell(row, text, name) {
  const made = row.insertCell();
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function showTime(ms) {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function addRow(item) {
  const row = table.insertRow(0);
  row.dataset.id = item.block_id;
  row.className = "fresh";
  const link = document.createElement("a");
  link.href = `/blocks/${Number(item.height)}${table.dataset.query}`;
  link.textContent = item.height;
  cell(row, "").append(link);
  cell(row, showTime(item.time), "when");
  cell(row, item.transactions, "number");
  cell(row, item.scheduled, "number");
  cell(row, item.block_id.slice(0, 16), "hash wide");
  while (table.rows.length > ROWS_MAX) table.deleteRow(-1);
}

function show(name, value) {
  for (const place of document.querySelectorAll(`[data-show="${name}"]`)) place.textContent = value;
}

function onBlock(item) {
  if (item.finality === "retracted") {
    for (const row of table?.rows ?? []) if (row.dataset.id === item.block_id) row.remove();
    height = item.height - 1;
  } else {
    if (table) addRow(item);
    height = item.height;
  }
  show("height", height);
  if (refreshed && (item.transactions || item.scheduled)) refreshSoon();
}

// Lists made by the server are fetched again, at most once in a while, and put in place of the old ones.
function refreshSoon() {
  if (refreshing) return;
  refreshing = true;
  setTimeout(async () => {
    refreshing = false;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-refresh]");
    if (fresh) refreshed.replaceChildren(...fresh.childNodes);
  }, REFRESH_MS);
}

function connect() {
  const way = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${way}://${location.host}/v1/events?items=blocks&from_height=${height + 1}`);
  socket.onopen = () => { waitMs = 500; say("open"); };
  socket.onmessage = (message) => onBlock(JSON.parse(message.data));
  socket.onclose = () => {
    say("lost");
    setTimeout(connect, waitMs);
    waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
  };
}

if (source) connect();
