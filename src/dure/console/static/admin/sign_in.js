// The door of the admin console: registering a passkey with the token that the console printed, and signing in.

import { createPasskey, isAvailable } from "/static/passkey.js";
import { fromHex, toHex } from "/static/wire.js";
import { assert, getPasskey, remember, send } from "./operator.js";
import { choose, find, onSubmit, page, quietly, say, words } from "./page.js";

let known = [];

async function drawChallenge() {
  const answer = await send("/v1/operator/challenge");
  known = answer.passkeys;
  return fromHex(answer.challenge);
}

function goInside(id, { token }) {
  remember(id, token);
  location.assign(`/${words.query}`);
}

onSubmit("enter", async (form) => {
  const challenge = await drawChallenge();
  const id = form.elements.passkey.value;
  goInside(id, await send("/v1/operator/sign-in", { id, assertion: await assert(id, challenge) }));
});

onSubmit("register", async (form) => {
  const { token, name } = form.elements;
  const made = await createPasskey(name.value);
  const [id, key] = [toHex(made.id), toHex(made.key)];
  const challenge = await drawChallenge();
  const assertion = await assert(id, challenge);
  const body = { token: token.value.trim(), id, key, name: name.value, assertion };
  goInside(id, await send("/v1/operator/register", body));
});

async function begin() {
  if (!isAvailable()) return say(words.unavailable, "bad");
  await drawChallenge();
  const select = find("enter").elements.passkey;
  choose(select, known.map((each) => [each.id, each.name]));
  if (known.some((each) => each.id === getPasskey())) select.value = getPasskey();
  find("enter").hidden = !known.length;
  find("add").open = !known.length;
  page.dataset.ready = "";
}

quietly(begin);
