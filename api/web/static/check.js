// Lets a file be dropped on the form instead of being chosen. The form works without this script.
"use strict";

const area = document.querySelector("[data-drop]");
const input = area && area.querySelector("input[type=file]");

if (area && input) {
  for (const kind of ["dragenter", "dragover"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
  }
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    if (event.dataTransfer.files.length === 1) {
      input.files = event.dataTransfer.files;
      area.closest("form").requestSubmit();
    }
  });
}
