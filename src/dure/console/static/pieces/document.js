// A document in the page: its digest is computed here and held against the one that the chain has, and only then it is
// shown. Text is shown as text and a picture as a picture; everything else is handed to the browser as a download, which
// opens a PDF in its own viewer. Nothing of a document is ever part of this page's markup.

const BYTES_MAX = 20 * 1024 * 1024;
const TEXT_SHOWN = 200_000;
const PICTURES = new Map([
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
]);

export function showDocument(figure) {
  const button = figure.querySelector("[data-open]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => fetchAndShow(figure));
  }
  figure.querySelector("[data-choose]")?.addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) readAndShow(figure, file, file.name);
  });
}

async function fetchAndShow(figure) {
  const address = new URL(figure.dataset.path, location.href);
  const answer = address.origin === location.origin ? await fetch(address).catch(() => null) : null;
  if (!answer?.ok) return say(figure, "bad", figure.dataset.unreachable);
  return readAndShow(figure, await answer.blob(), address.pathname.split("/").at(-1));
}

async function readAndShow(figure, blob, name) {
  figure.querySelector("[data-shown]").replaceChildren();
  if (blob.size > BYTES_MAX) return say(figure, "bad", figure.dataset.large);
  // Browsers compute digests on pages that came by https, or from the machine itself.
  if (!crypto.subtle) return say(figure, "bad", figure.dataset.insecure);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const digest = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const matches = digest === figure.dataset.digest.toLowerCase();
  say(figure, matches ? "good" : "bad", matches ? figure.dataset.matches : `${figure.dataset.differs} ${digest}`);
  if (matches) figure.querySelector("[data-shown]").append(await layOut(bytes, name, figure.dataset.alone));
}

function say(figure, tone, words) {
  const place = figure.querySelector("[data-verdict]");
  place.dataset.tone = tone;
  place.textContent = words;
}

async function layOut(bytes, name, words) {
  const head = toHex(bytes.subarray(0, 4));
  const picture = [...PICTURES].find(([start]) => head.startsWith(start))?.[1];
  if (picture) return buildPicture(bytes, picture, name);
  const text = readText(bytes);
  return text === null ? buildLink(bytes, name, words) : buildText(text);
}

async function buildPicture(bytes, type, name) {
  const image = document.createElement("img");
  image.alt = name;
  image.src = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob([bytes], { type }));
  });
  return image;
}

function buildText(text) {
  const place = document.createElement("pre");
  place.tabIndex = 0;
  place.textContent = text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text;
  return place;
}

function buildLink(bytes, name, words) {
  const isPdf = toHex(bytes.subarray(0, 5)) === "255044462d";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: isPdf ? "application/pdf" : "application/octet-stream" }));
  link.download = name;
  link.textContent = `${words} ${name}`;
  return link;
}

// The bytes as text, or null where they are none.
function readText(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
