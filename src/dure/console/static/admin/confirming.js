// Says in plain words, and in the very text that will be signed, whole, what is about to be done. The passkey is asked after
// that. A text may be long: of a contract's source in it stands the SHA-256 too, as the audit log tells it.

import { toHex } from "/static/wire.js";

const box = document.querySelector("[data-confirm]");

export async function confirmAct(inWords, text) {
  const { source } = JSON.parse(text);
  const digest = box.querySelector("[data-confirm-digest]");
  digest.hidden = source === undefined;
  if (source !== undefined) digest.querySelector("code").textContent = await hash(source);
  box.querySelector("[data-confirm-words]").textContent = inWords;
  box.querySelector("[data-confirm-act]").textContent = text;
  return new Promise((resolve) => {
    const end = (agreed) => {
      box.onclose = null;
      box.close();
      resolve(agreed);
    };
    box.querySelector("[data-confirm-yes]").onclick = () => end(true);
    box.querySelector("[data-confirm-no]").onclick = () => end(false);
    box.onclose = () => end(false);
    box.showModal();
  });
}

async function hash(source) {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source))));
}
