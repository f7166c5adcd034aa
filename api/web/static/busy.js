// While a form that takes long is on its way: its button cannot be pressed again, and says that something is done.
"use strict";

addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-busy]");
  if (!form) {
    return;
  }
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.textContent = form.dataset.busy;
  form.append(said);
  for (const button of form.querySelectorAll("button")) {
    button.disabled = true;
  }
});

// A page that comes back from the browser's memory would still say so.
addEventListener("pageshow", (shown) => {
  if (shown.persisted) {
    location.reload();
  }
});
