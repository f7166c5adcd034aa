// Lets files be dropped on the form of a list, says how many were chosen, and what is too much before it is sent.

const MOST_FILES = 500;
const MOST_BYTES = 50 * 1024 * 1024;

const form = document.querySelector("[data-list]");

if (form) {
  const area = form.querySelector("[data-drop]");
  const input = form.querySelector("input[type=file]");
  const chosen = form.querySelector("[data-chosen]");
  const trouble = form.querySelector("[data-trouble]");
  const working = form.querySelector("[data-working]");

  const problem = () => {
    const files = [...input.files];
    if (files.length > MOST_FILES) return trouble.dataset.tooMany;
    return files.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES ? trouble.dataset.tooLarge : "";
  };

  const look = () => {
    const files = [...input.files];
    chosen.textContent = files.slice(0, 3).map((file) => file.name).join(" · ") + (files.length > 3 ? ` … (${files.length})` : "");
    trouble.textContent = problem();
    trouble.hidden = !trouble.textContent;
  };

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
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    look();
  });
  input.addEventListener("change", look);
  form.addEventListener("submit", (event) => {
    look();
    if (trouble.textContent) return event.preventDefault();
    working.hidden = false;
  });
  window.addEventListener("pageshow", () => {
    working.hidden = true;
  });
}
