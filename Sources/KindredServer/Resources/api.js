// Talks to the server. Failures are of two kinds: a `Problem`, which the server explains, and `Offline`.

const KEY = "kindred-key";

/** A problem document (RFC 9457) of the server. */
export class Problem extends Error {
  constructor(status, document, retryAfter) {
    super(document.title ?? `The server answered ${status}`);
    this.status = status;
    this.code = document.code;
    this.detail = document.detail;
    this.remedy = document.remedy;
    this.suggestions = document.suggestions ?? [];
    this.type = document.type;
    this.retryAfter = Number(retryAfter) || 0; // seconds
  }
}

/** The server can't be reached. */
export class Offline extends Error {}

function storages() {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return []; // Storage is forbidden: the key lives as long as the page.
  }
}

let key = storages().map((storage) => storage.getItem(KEY)).find(Boolean) ?? "";

export const hasKey = () => key !== "";

/** Keeps a key for this tab, or on this computer; an empty one forgets it. */
export function setKey(value, remember = false) {
  key = value;
  const [session, local] = storages();
  session?.removeItem(KEY);
  local?.removeItem(KEY);
  if (value) (remember ? local : session)?.setItem(KEY, value);
}

/** A request that may be answered by anything; throws unless the status is of success. */
export async function send(path, { method = "GET", body, type, signal } = {}) {
  const headers = {};
  if (key) headers["x-api-key"] = key;
  if (type) headers["content-type"] = type;
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline("The server can’t be reached");
  }
  if (response.ok) return response;
  let document = {};
  try {
    document = await response.json();
  } catch {
    // A proxy may answer with anything; the status says enough.
  }
  if (response.status === 401) dispatchEvent(new Event("kindred-unauthorized"));
  throw new Problem(response.status, document, response.headers.get("retry-after"));
}

async function json(path, options) {
  const response = await send(path, options);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline("The answer broke off");
  }
}

const post = (path, value, signal) =>
  json(path, { method: "POST", body: JSON.stringify(value), type: "application/json", signal });

function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, value);
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

const at = (collection, rest = "") => `/v1/collections/${encodeURIComponent(collection)}${rest}`;
const prefixed = (filter) =>
  Object.fromEntries(Object.entries(filter).map(([name, value]) => [`filter_${name}`, value]));
const pictureTypes = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"];

export const api = {
  session: () => json("/v1/session"),
  roots: () => json("/v1/roots"),
  collections: () => json("/v1/collections"),
  images: (collection, { filter = {}, ...page }, signal) =>
    json(at(collection, `/images${query({ ...page, ...prefixed(filter) })}`), { signal }),
  image: (collection, id, signal) => json(at(collection, `/images/${id}`), { signal }),
  labels: (collection, prefix, limit, signal) =>
    json(at(collection, `/labels${query({ prefix, limit })}`), { signal }),
  addLabel: (collection, id, label) => post(at(collection, `/images/${id}/labels`), { label }),
  removeLabel: (collection, id, label) =>
    json(at(collection, `/images/${id}/labels${query({ label })}`), { method: "DELETE" }),
  suggestions: (collection, options, signal) => json(at(collection, `/suggestions${query(options)}`), { signal }),
  /** `verb` is `accept` or `reject`. */
  judge: (collection, verb, label, images) => post(at(collection, `/suggestions/${verb}`), { label, images }),
  /** `{ groups, totals }`, or `{ state }` while they are looked for. */
  duplicates: (collection, options, signal) => json(at(collection, `/duplicates${query(options)}`), { signal }),
  map: (collection, signal) => json(at(collection, "/map?limit=20000"), { signal }),
  search: (collection, body, signal) => post(at(collection, "/search"), body, signal),
  /** The file's own bytes are sent; a type that the contract does not name is left for the server to find out. */
  searchPicture: (collection, file, { filter, ...options }, signal) =>
    json(at(collection, `/search${query({ ...options, ...prefixed(filter) })}`), {
      method: "POST",
      body: file,
      type: pictureTypes.includes(file.type) ? file.type : "application/octet-stream",
      signal,
    }),
  jobs: () => json("/v1/jobs"),
  job: (id, signal) => json(`/v1/jobs/${id}`, { signal }),
  startJob: (job) => post("/v1/jobs", job),
  cancelJob: (id) => json(`/v1/jobs/${id}`, { method: "DELETE" }),
};

// An answer's path is followed only if it is one of this server's API.
const own = (path, otherwise) => (path?.startsWith("/v1/") ? path : otherwise);

export const originalPath = (collection, image) => own(image.original, at(collection, `/images/${image.id}/original`));

/** Where an image's thumbnail is. The map knows only identifiers, so the path is made when it isn't given. */
export function thumbnailPath(collection, image, size) {
  const path = own(image.thumbnail, at(collection, `/images/${image.id}/thumbnail`));
  return `${path}${path.includes("?") ? "&" : "?"}size=${size}`;
}

/**
 * Follows a job until it has ended. `EventSource` can't send a key, so the event stream is read through `fetch`;
 * where it fails, the job is asked for every second.
 */
export async function followJob(id, update, signal) {
  const ended = (job) => ["done", "failed", "cancelled"].includes(job.state);
  try {
    const response = await send(`/v1/jobs/${id}/events`, { signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text = (text + value).replaceAll("\r\n", "\n");
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) {
        const lines = event.split("\n").filter((line) => line.startsWith("data:"));
        const data = lines.map((line) => line.slice(5).trimStart());
        if (!data.length) continue;
        const job = JSON.parse(data.join("\n"));
        update(job);
        if (ended(job)) return;
      }
    }
  } catch (error) {
    if (error.name === "AbortError" || error.status === 401 || error.status === 404) throw error;
  }
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const job = await api.job(id, signal);
    update(job);
    if (ended(job)) return;
  }
}
