// Ethereum accounts of a wallet extension: one signs in, or is added, by a message that it signs. Nothing is paid.
"use strict";

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const content = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) {
    throw new Error(content.detail);
  }
  return content;
}

async function signed(messagePath) {
  const [account] = await window.ethereum.request({ method: "eth_requestAccounts" });
  const { message } = await post(messagePath, { account });
  const signature = await window.ethereum.request({ method: "personal_sign", params: [message, account] });
  return { message, signature };
}

const deeds = {
  "[data-account-enter]": async ({ next }) => {
    await post("/v1/sign-in/account", await signed("/v1/sign-in/account/message"));
    location.assign(next || "/wallet");
  },
  "[data-account-add]": async ({ wallet }) => {
    const path = `/v1/wallets/${wallet}/accounts`;
    await post(path, await signed(`${path}/message`));
    location.reload();
  },
};

if (window.ethereum) {
  for (const [selector, act] of Object.entries(deeds)) {
    const button = document.querySelector(selector);
    if (!button) {
      continue;
    }
    document.querySelector("[data-account-missing]").hidden = true;
    button.closest("[data-account]").hidden = false;
    button.addEventListener("click", async () => {
      const refusal = document.querySelector("[data-account-refusal]");
      refusal.hidden = true;
      try {
        await act(button.dataset);
      } catch {
        refusal.textContent = refusal.dataset.text;
        refusal.hidden = false;
      }
    });
  }
}
