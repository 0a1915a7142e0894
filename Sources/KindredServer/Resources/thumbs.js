// Thumbnails. An <img> can't send a key, so with a key they are fetched and shown as blobs, which are given back as
// soon as they are out of sight.

import { hasKey, send, thumbnailPath } from "./api.js";
import { el, icon } from "./dom.js";

const wanted = new Map(); // img → address, of the images that are loaded by fetch
const inSight = new WeakSet();
const blobs = new WeakSet(); // images that show a blob of ours; a dropped picture's address is not ours to revoke
const waiting = [];
let running = 0;

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        inSight.add(target);
        load(target);
      } else {
        inSight.delete(target);
        target.parentElement?.classList.remove("broken"); // It is tried again when it comes back.
        giveBack(target);
      }
    }
  },
  { rootMargin: "900px" },
);

/** Shows an image's thumbnail in `img`, when it comes near the window. */
export function showThumbnail(img, collection, image, size) {
  const address = thumbnailPath(collection, image, size);
  img.draggable = false; // A dragged thumbnail would look like a dropped picture.
  img.decoding = "async";
  img.addEventListener("load", () => img.classList.add("loaded"));
  img.addEventListener("error", () => img.src && img.parentElement?.classList.add("broken"));
  if (!hasKey()) {
    img.loading = "lazy";
    img.src = address;
    return;
  }
  wanted.set(img, address);
  near.observe(img);
}

/** A picture of the reader's own, which this browser may not be able to draw: HEIC is drawn by few. */
export function ownPicture(address) {
  const img = el("img", { src: address, alt: "Your picture", class: "loaded" });
  img.addEventListener(
    "error",
    () => img.replaceWith(el("span", { class: "undrawn", title: "This browser can’t draw it" }, icon("image"))),
  );
  return img;
}

/** To be called for what is taken from the page, so that its blobs are freed. */
export function releaseThumbnails(root) {
  for (const img of root.querySelectorAll("img")) drop(img);
}

function drop(img) {
  near.unobserve(img);
  wanted.delete(img);
  giveBack(img);
}

function giveBack(img) {
  if (!blobs.delete(img)) return;
  URL.revokeObjectURL(img.src);
  img.removeAttribute("src");
  img.classList.remove("loaded");
}

function load(img) {
  if (img.src || waiting.includes(img)) return;
  waiting.push(img);
  pump();
}

// Six at a time is what a browser opens to one host; a longer queue here can still be reordered by scrolling.
async function pump() {
  if (running >= 6) return;
  const img = waiting.shift();
  if (!img) return;
  if (!wanted.has(img) || !inSight.has(img)) return pump();
  running += 1;
  try {
    const blob = await (await send(wanted.get(img))).blob();
    if (wanted.has(img) && inSight.has(img)) {
      img.src = URL.createObjectURL(blob);
      blobs.add(img);
    }
  } catch (error) {
    // A server that is busy is asked again later, one that has no thumbnail isn't.
    if (error.retryAfter || error.status === 429 || error.status === 503) {
      setTimeout(() => inSight.has(img) && wanted.has(img) && load(img), 1000 * (error.retryAfter || 2));
    } else {
      img.parentElement?.classList.add("broken");
    }
  }
  running -= 1;
  pump();
}
