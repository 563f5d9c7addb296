// Reading a code: by the camera or from a picture, where this browser can (BarcodeDetector, or jsQR where the console has
// it); always by its text. A picture never leaves the browser.

const LOOK_MS = 250;
const SIDE_MAX = 1_600;

export async function bindScanning(wallet, onText) {
  const read = await findReader(wallet.page.dataset.reader);
  wallet.find("readers").hidden = read === null;
  wallet.find("no-readers").hidden = read !== null;
  if (read === null) return;
  wallet.find("image").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const text = await readPicture(read, file).catch(() => null);
    event.target.value = "";
    if (text === null) wallet.say(wallet.words.get("wallet_no_code"), "bad");
    else onText(text);
  });
  const button = wallet.find("camera");
  button.hidden = !navigator.mediaDevices?.getUserMedia;
  button.addEventListener("click", () => film(wallet, read, onText));
}

// Returns a function from a canvas to the text of the code in it, or null where nothing here reads codes.
async function findReader(place) {
  const formats = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []) ?? [];
  if (formats.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const jsQR = place ? await loadReader(place) : null;
  if (!jsQR) return null;
  return async (canvas) => {
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(data, width, height)?.data ?? null;
  };
}

function loadReader(place) {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = place;
    script.onload = () => resolve(window.jsQR ?? null);
    script.onerror = () => resolve(null);
    document.head.append(script);
  });
}

async function readPicture(read, file) {
  const image = await load(file);
  const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
  return read(draw(image, Math.round(image.width * scale), Math.round(image.height * scale)));
}

function load(file) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const reader = new FileReader();
    reader.onload = () => { image.src = reader.result; };
    reader.onerror = reject;
    image.onload = () => resolve(image);
    image.onerror = reject;
    reader.readAsDataURL(file);
  });
}

function draw(source, width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

async function film(wallet, read, onText) {
  const video = wallet.find("video");
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    wallet.say(wallet.words.get("wallet_no_camera"), "bad");
    return;
  }
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const end = () => {
    for (const track of stream.getTracks()) track.stop();
    video.hidden = true;
  };
  const look = async () => {
    // Whoever folds the part away ends the picture.
    if (!wallet.find("scanning").open) return end();
    const text = video.videoWidth ? await read(draw(video, video.videoWidth, video.videoHeight)) : null;
    if (text === null) return setTimeout(look, LOOK_MS);
    end();
    return onText(text);
  };
  look();
}
