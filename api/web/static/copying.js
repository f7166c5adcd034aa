// Copies the address of a new link. Without this script the address stands in a field, to be copied by hand.
"use strict";

const copied = document.querySelector("[data-copied]");
const copy = document.querySelector("[data-copy]");
if (copied) {
  copied.select();
}
if (copied && copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const said = document.querySelector("[data-copy-done]");
    copied.select();
    try {
      await navigator.clipboard.writeText(copied.value);
      said.textContent = said.dataset.text;
    } catch {
      copy.hidden = true;
    }
  });
}
