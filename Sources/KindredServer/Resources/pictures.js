// Thumbnails that are drawn onto the map. The newest are kept, so that memory stays bounded.

import { send, thumbnailPath } from "./api.js";

const limit = 400;
const pictures = new Map(); // address → bitmap, or null while it is on its way

/** The bitmap of an image's thumbnail, or null; `loaded` is called when it has come. */
export function picture(collection, id, loaded) {
  const address = thumbnailPath(collection, { id }, 128);
  if (pictures.has(address)) return pictures.get(address);
  pictures.set(address, null);
  if (pictures.size > limit) {
    const [oldest, bitmap] = pictures.entries().next().value;
    bitmap?.close();
    pictures.delete(oldest);
  }
  load(address, loaded);
  return null;
}

async function load(address, loaded) {
  try {
    const bitmap = await createImageBitmap(await (await send(address)).blob());
    if (!pictures.has(address)) return bitmap.close();
    pictures.set(address, bitmap);
    loaded();
  } catch {
    // The point stays a point.
  }
}
