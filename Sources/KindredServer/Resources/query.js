// From the page's state to the requests that answer it, a page of results at a time.

import { api } from "./api.js";
import { plural } from "./dom.js";
import { filterOf } from "./state.js";

const pageSize = 60;
const lastOffset = 10000; // The contract's bound.

// Pictures that were dropped, by the token that stands for them in the address. They stay on this page only.
const uploads = new Map();

export function keepUpload(file) {
  const token = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  uploads.set(token, { file, address: URL.createObjectURL(file), base64: null });
  return token;
}

export const upload = (token) => uploads.get(token);

function base64(kept) {
  kept.base64 ??= new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The picture can’t be read. Drop it again."));
    reader.readAsDataURL(kept.file);
  });
  return kept.base64;
}

/** What makes a search: a change of it asks the server anew. */
export const queryKey = (s) => JSON.stringify([s.c, s.q, s.like, s.unlike, s.image, s.label, s.from, s.to, s.format]);

/** Whether there is something to be like; without it the collection's newest images are shown. */
export const isSearch = (s) => Boolean(s.q || s.image || s.like.length);

async function body(s) {
  if (s.q) return { label: s.q };
  const negatives = s.unlike.map((id) => ({ id }));
  if (s.like.length === 1 && !negatives.length && !s.image) return { id: s.like[0] };
  const positives = s.like.map((id) => ({ id }));
  if (s.image) positives.unshift({ image: await base64(uploads.get(s.image)) });
  return negatives.length ? { positives, negatives } : { positives };
}

/** Pages of a search: `{ items, result, done }`. */
export async function* searchPages(s, signal) {
  const filter = filterOf(s);
  const onlyUpload = s.image && !s.q && !s.like.length && !s.unlike.length;
  for (let offset = 0; ; offset += pageSize) {
    const options = { top: pageSize, offset };
    const result = onlyUpload
      ? await api.searchPicture(s.c, uploads.get(s.image).file, { ...options, filter }, signal)
      : await api.search(s.c, { ...(await body(s)), ...options, filter }, signal);
    const done = result.hits.length < pageSize || offset + pageSize > lastOffset;
    yield { items: result.hits, result, done };
    if (done) return;
  }
}

/**
 * Pages of a collection's images, the newest first. The API lists them by ascending identifier, so this asks for
 * windows of identifiers from the end: a window of n identifiers holds n images at most, thus one request is enough.
 */
export async function* newestPages(s, entries, signal) {
  let items = [];
  let after = Math.max(0, entries - pageSize); // Identifiers begin at 1, so the greatest is no less than the count.
  for (let turn = 0; turn < 20 && after !== null; turn++) {
    const page = await api.images(s.c, { after_id: after, limit: 1000 }, signal);
    items = items.concat(page.images).slice(-pageSize);
    after = page.next;
  }
  let low = items.length ? items[0].id - 1 : 0;
  yield { items: items.reverse(), done: low === 0 };
  for (let size = pageSize; low > 0; ) {
    const from = Math.max(0, low - size);
    const page = await api.images(s.c, { after_id: from, limit: low - from }, signal);
    const found = page.images.filter((image) => image.id <= low);
    low = from;
    size = found.length < 10 ? Math.min(1000, size * 2) : pageSize; // Many were deleted here: wider steps.
    if (found.length || low === 0) yield { items: found.reverse(), done: low === 0 };
  }
}

/** Pages of the images that the filters let through, in the order of their identifiers. */
export async function* filteredPages(s, signal) {
  for (let after = 0; after !== null; ) {
    const page = await api.images(s.c, { after_id: after, limit: pageSize, filter: filterOf(s) }, signal);
    after = page.next;
    yield { items: page.images, done: after === null };
  }
}

/** The heading over the results. */
export function title(s, result) {
  if (s.q) return `“${result?.label ?? s.q}”`;
  const parts = [];
  const file = s.image && uploads.get(s.image)?.file.name;
  if (s.image) parts.push(file ? `your picture ${file}` : "your picture");
  if (s.like.length) parts.push(plural(s.like.length, "example"));
  if (!parts.length) return "";
  const unlike = s.unlike.length ? `, less like ${s.unlike.length}` : "";
  return `Like ${parts.join(" and ")}${unlike}`;
}
