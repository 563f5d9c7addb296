// A person's passkey, on the phone's own pages. The phone's process puts together what is to be signed, out of what it
// has just shown; here the device's authenticator is asked for a signature over it, or for a new passkey.

const ES256 = -7;
const page = document.querySelector("main");
const said = document.querySelector("[data-said]");
const forms = document.querySelectorAll("form[data-passkey]");

function say(text, isBad = false) {
  said.textContent = text;
  said.className = isBad ? "bad" : "";
}

// One thing at a time: an authenticator asks one question at a time, too.
async function work(form) {
  if (page.ariaBusy === "true") return;
  page.ariaBusy = "true";
  say(said.dataset.working);
  try {
    const fields = new URLSearchParams(new FormData(form));
    if (form.dataset.passkey === "new") await addPasskey(fields);
    const order = await send(form.getAttribute("action"), fields);
    if (order.ticket) await send("/signed", await sign(order, fields.get("token")));
    location.assign(`/${location.search.match(/\?lang=\w+$/) ?? ""}`);
  } catch (problem) {
    const words = said.dataset;
    say(problem.name === "NotAllowedError" ? words.declined : `${words.refused} ${problem.message}`, true);
    page.ariaBusy = "false";
  }
}

async function send(path, fields) {
  const answer = await fetch(path, { method: "POST", body: fields });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

async function addPasskey(fields) {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { name: document.title },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: document.title, displayName: document.title },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
    },
  });
  fields.set("credential", toHex(made.rawId));
  fields.set("public_key", toHex(made.response.getPublicKey()));
}

async function sign(order, token) {
  const given = await navigator.credentials.get({
    publicKey: {
      challenge: fromHex(order.challenge),
      rpId: order.rp_id,
      allowCredentials: [{ type: "public-key", id: fromHex(order.credential) }],
      userVerification: "required",
    },
  });
  return new URLSearchParams({
    token,
    ticket: order.ticket,
    authenticator_data: toHex(given.response.authenticatorData),
    client_data: toHex(given.response.clientDataJSON),
    signature: toHex(given.response.signature),
  });
}

function toHex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => Number.parseInt(pair, 16));
}

if (window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window) {
  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      work(form);
    });
    form.querySelector("button").disabled = false;
  }
} else say(said.dataset.unavailable, true);
