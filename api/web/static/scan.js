// Scans a QR code with the camera, when somebody asks for that. What it says goes into the form, as if it were pasted.
import { codeIn, drawn } from "./codes.js";

const MILLISECONDS = 120;
const SIDE = 960;
const REASONS = { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "busy", AbortError: "busy" };

const form = document.querySelector("[data-give]");
const panel = document.querySelector("[data-scanner]");
const button = panel?.querySelector("[data-scan]");

if (form && panel && button) {
  const words = form.querySelector("[data-words]").dataset;
  const video = panel.querySelector("[data-video]");
  const status = panel.querySelector("[data-scan-status]");
  const picture = panel.querySelector("[data-picture]");
  const ending = panel.querySelector("[data-stop]");
  const trouble = panel.querySelector("[data-scan-trouble]");
  const canvas = document.createElement("canvas");
  let stream = null;

  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    picture.hidden = ending.hidden = true;
    button.hidden = false;
  };

  const complain = (reason) => {
    stop();
    trouble.textContent = words[reason];
    trouble.hidden = false;
    button.focus();
  };

  const look = async () => {
    if (!stream) return;
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      const found = await codeIn(drawn(video, video.videoWidth, video.videoHeight, SIDE, canvas), words.library);
      if (found && stream) {
        stop();
        form.dispatchEvent(new CustomEvent("code", { detail: found }));
        return;
      }
    }
    setTimeout(look, MILLISECONDS);
  };

  const start = async () => {
    trouble.hidden = true;
    if (!navigator.mediaDevices?.getUserMedia) return complain("noCamera");
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      return complain(REASONS[error.name] ?? "noCamera");
    }
    picture.hidden = ending.hidden = false;
    button.hidden = true;
    status.textContent = words.looking;
    video.srcObject = stream;
    ending.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
    try {
      await video.play();
      await look();
    } catch {
      complain("noCamera");
    }
  };

  button.addEventListener("click", start);
  ending.addEventListener("click", () => {
    stop();
    button.focus();
  });
  window.addEventListener("pagehide", stop);
  document.addEventListener("visibilitychange", () => document.hidden && stream && stop());
}
