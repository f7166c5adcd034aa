// Passkeys: signing in with one, and adding one. The pages work without this script, but for passkeys.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const content = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) {
    throw new Error(content.detail);
  }
  return content;
}

function described(credential, members) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of members) {
    if (credential.response[name]) {
      response[name] = text(credential.response[name]);
    }
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

async function answer(path) {
  const options = await ask(`${path}/options`);
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: [] };
  const credential = await navigator.credentials.get({ publicKey });
  return described(credential, ["authenticatorData", "signature", "userHandle"]);
}

async function enter({ passkeyEnter, next }) {
  const path = passkeyEnter || "/v1/sign-in/passkey";
  await ask(path, { credential: await answer(path) });
  location.assign(next || "/wallet");
}

async function merge({ wallet }) {
  await ask(`/v1/wallets/${wallet}/merge`, { passkey: await answer("/v1/sign-in/passkey") });
  location.reload();
}

async function add({ passkeyAdd, wallet }) {
  const path = passkeyAdd || `/v1/wallets/${wallet}/passkeys`;
  const options = await ask(`${path}/options`);
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((known) => ({ ...known, id: bytes(known.id) })),
  };
  const credential = await navigator.credentials.create({ publicKey });
  await ask(path, { credential: described(credential, ["attestationObject"]) });
  location.reload();
}

function offer(selector, act) {
  const button = document.querySelector(selector);
  if (!button) {
    return;
  }
  button.closest("[data-passkey]").hidden = false;
  button.addEventListener("click", async () => {
    const refusal = document.querySelector("[data-passkey-refusal]");
    refusal.hidden = true;
    try {
      await act(button);
    } catch (error) {
      refusal.textContent = refusal.dataset.text || `That did not work: ${error.message}`;
      refusal.hidden = false;
    }
  });
}

if (window.PublicKeyCredential) {
  offer("[data-passkey-enter]", (button) => enter(button.dataset));
  offer("[data-passkey-add]", (button) => add(button.dataset));
  offer("[data-passkey-merge]", (button) => merge(button.dataset));
}
