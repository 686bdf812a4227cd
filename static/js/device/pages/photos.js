// A file as it is stored on the phone: pictures are drawn anew, so that nothing but the picture stays, without the place,
// the time and the phone's name that a camera writes into it; their longer side is bounded.

const LONGEST_SIDE = 2000; // pixels
const QUALITY = 0.82;
const MAX_BYTES = 10 * 1024 * 1024;
/** @type {Record<string, string[]>} */
const TYPES = { image: ["image/jpeg", "image/png", "image/webp"], pdf: ["application/pdf"] };

/**
 * The file to store, or the code of why it can't be.
 *
 * @param {File} file
 * @param {string[]} accept which of "image" and "pdf"
 * @returns {Promise<{ blob: Blob, name: string } | { problem: "badType" | "tooLarge" | "notRead" }>}
 */
export async function prepared(file, accept) {
  const isPicture = file.type.startsWith("image/") && accept.includes("image");
  if (isPicture) {
    const blob = await drawnAnew(file).catch(() => null);
    if (!blob) return { problem: "notRead" };
    return blob.size > MAX_BYTES ? { problem: "tooLarge" } : { blob, name: `${file.name.replace(/\.[^.]*$/, "")}.jpg` };
  }
  if (!accept.some((kind) => TYPES[kind]?.includes(file.type))) return { problem: "badType" };
  return file.size > MAX_BYTES ? { problem: "tooLarge" } : { blob: file, name: file.name };
}

/** @param {File} file */
async function drawnAnew(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.fillStyle = "#fff"; // what is see-through in a PNG is white in a JPEG, and not black
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Promise<Blob | null>} */
  const made = new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return made;
}
