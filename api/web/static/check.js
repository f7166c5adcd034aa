// Lets things be dropped and pasted on the page to check something, and reads QR codes off pictures before they are sent.
import { codeInFile } from "./codes.js";

const MOST_BYTES = 5 * 1024 * 1024;
const MOST_FILES = 20;
const BAKED = ["openbadgecredential", "clrcredential", "openbadges"];

const form = document.querySelector("[data-give]");

if (form) {
  const area = form.querySelector("[data-drop]");
  const files = form.querySelector("input[name=file]");
  const photo = document.querySelector("[data-photo]");
  const text = form.querySelector("textarea[name=text]");
  const trouble = form.querySelector("[data-trouble]");
  const working = form.querySelector("[data-working]");
  const words = form.querySelector("[data-words]").dataset;
  const buttons = form.querySelectorAll("button");
  let ready = false;

  const rest = () => {
    ready = false;
    working.hidden = true;
    for (const button of buttons) button.disabled = false;
  };

  const complain = (reason) => {
    rest();
    trouble.textContent = words[reason];
    trouble.hidden = false;
    trouble.scrollIntoView({ block: "nearest" });
  };

  const take = (given) => {
    const held = new DataTransfer();
    for (const file of given) held.items.add(file);
    files.files = held.files;
    text.value = "";
    form.requestSubmit();
  };

  const read = (found) => {
    files.value = photo.value = "";
    text.value = found;
    form.requestSubmit();
  };

  /** Why the files cannot be sent as they are, if so; a single picture of a code becomes what the code says. */
  const prepare = async () => {
    const [picture] = photo.files;
    const given = picture ? [picture] : [...files.files];
    if (given.length > MOST_FILES) return "tooMany";
    if (given.length === 1 && (await isPlainPicture(given[0]))) {
      const found = await codeInFile(given[0], words.library).catch(() => undefined);
      if (found) {
        files.value = photo.value = "";
        text.value = found;
        return null;
      }
      if (picture || given[0].type !== "image/png") return found === undefined ? "noPicture" : "noCode";
    }
    return given.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES ? "tooLarge" : null;
  };

  form.addEventListener("submit", async (event) => {
    if (ready) return;
    event.preventDefault();
    trouble.hidden = true;
    working.hidden = false;
    await new Promise((resolve) => setTimeout(resolve)); // a form cannot be sent while it is being sent
    const reason = await prepare();
    if (reason) return complain(reason);
    ready = true;
    form.requestSubmit();
    for (const button of buttons) button.disabled = true;
  });

  form.addEventListener("code", (event) => read(event.detail));
  photo.addEventListener("change", () => photo.files.length && form.requestSubmit());
  window.addEventListener("pageshow", rest);

  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget || area.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    const dropped = event.dataTransfer;
    const said = dropped.getData("text/uri-list") || dropped.getData("text/plain");
    if (dropped.files.length) take(dropped.files);
    else if (said.trim()) read(said.trim());
  });
  document.addEventListener("paste", (event) => {
    const pasted = event.clipboardData;
    if (pasted.files.length) {
      event.preventDefault();
      take(pasted.files);
    } else if (!event.target.closest("input, textarea")) {
      const said = pasted.getData("text/plain").trim();
      if (said) read(said);
    }
  });

}

/** Whether a file is a picture that cannot be a badge: its bytes name no credential. */
async function isPlainPicture(file) {
  if (!file.type.startsWith("image/") || file.type === "image/svg+xml" || file.size > 8 * MOST_BYTES) return false;
  if (file.type !== "image/png") return true;
  const bytes = new TextDecoder("latin1").decode(await file.arrayBuffer());
  return !BAKED.some((word) => bytes.includes(word));
}
