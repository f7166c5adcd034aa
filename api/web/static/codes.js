// Reads QR codes from pictures: with the browser's own reader where it has one, else with jsQR, loaded when it is needed.

let reader = null;

/** The text of a QR code in a picture (a canvas), or null. `thorough` also looks for light codes on dark ground. */
export async function codeIn(canvas, library, thorough = false) {
  reader ??= (await ofBrowser()) ?? (await ofLibrary(library));
  return reader(canvas, thorough);
}

/** The text of a QR code in an image file, or null. Throws for a file that the browser cannot open as a picture. */
export async function codeInFile(file, library) {
  const picture = await createImageBitmap(file);
  try {
    for (const side of [1000, 2000, 600]) {
      const canvas = drawn(picture, picture.width, picture.height, side);
      const found = await codeIn(canvas, library, true);
      if (found) return found;
    }
    return null;
  } finally {
    picture.close();
  }
}

/** A picture on a canvas whose longer side is `side` at most. */
export function drawn(source, width, height, side, canvas = document.createElement("canvas")) {
  const scale = Math.min(1, side / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function ofBrowser() {
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return null;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue || null;
  } catch {
    return null;
  }
}

async function ofLibrary(library) {
  await new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = library;
    script.onload = loaded;
    script.onerror = failed;
    document.head.append(script);
  });
  return async (canvas, thorough) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const inversionAttempts = thorough ? "attemptBoth" : "dontInvert";
    return window.jsQR(pixels.data, pixels.width, pixels.height, { inversionAttempts })?.data || null;
  };
}
