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
export const queryKey = (s) => JSON.stringify([s.c, s.q, s.like, s.unlike, s.image, s.label, s.from, s.to, s.format, s.least]);

/** Whether there is something to be like; without it the collection's newest images are shown. */
export const isSearch = (s) => Boolean(s.q || s.image || s.like.length);

async function body(s) {
  const negatives = s.unlike.map((id) => ({ id }));
  if (s.q) return { label: s.q, negatives };
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
    if (s.least) options.min_score = Number(s.least);
    const result = onlyUpload
      ? await api.searchPicture(s.c, uploads.get(s.image).file, { ...options, filter }, signal)
      : await api.search(s.c, { ...(await body(s)), ...options, filter }, signal);
    const done = result.hits.length < pageSize || offset + pageSize > lastOffset;
    yield { items: result.hits, result, done };
    if (done) return;
  }
}

/** Pages of the images that the filters let through, the newest first. */
export async function* imagePages(s, signal) {
  for (let after = 0; after !== null; ) {
    const options = { order: "newest", after_id: after, limit: pageSize, filter: filterOf(s) };
    const page = await api.images(s.c, options, signal);
    after = page.next;
    yield { items: page.images, done: after === null };
  }
}

/** The heading over the results. */
export function title(s, result) {
  const unlike = s.unlike.length ? `, less like ${s.unlike.length}` : "";
  if (s.q) return `“${result?.label ?? s.q}”${unlike}`;
  const parts = [];
  const file = s.image && uploads.get(s.image)?.file.name;
  if (s.image) parts.push(file ? `your picture ${file}` : "your picture");
  if (s.like.length) parts.push(plural(s.like.length, "example"));
  if (!parts.length) return "";
  return `Like ${parts.join(" and ")}${unlike}`;
}
