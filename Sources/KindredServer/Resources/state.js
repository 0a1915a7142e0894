// The page's state is its address: every view is a link, and back and forward work.

const texts = ["c", "tab", "q", "image", "label", "from", "to", "format", "least", "item"];
const lists = ["like", "unlike"];

function parse(search) {
  const parameters = new URLSearchParams(search);
  const state = {};
  for (const name of texts) state[name] = parameters.get(name) ?? "";
  for (const name of lists) {
    const numbers = (parameters.get(name) ?? "").split(",").filter(Boolean).map(Number);
    state[name] = [...new Set(numbers.filter((id) => Number.isSafeInteger(id) && id >= 0))];
  }
  if (!["map", "suggestions", "duplicates", "index"].includes(state.tab)) state.tab = "search";
  if (!/^\d+$/.test(state.item)) state.item = "";
  if (!(/^[\d.]+$/.test(state.least) && Number(state.least) <= 1)) state.least = "";
  return state;
}

let current = parse(location.search);
const listeners = [];

export const state = () => current;

/** Calls `listener(state, before)` after each change. */
export const onStateChange = (listener) => listeners.push(listener);

/** The link to the state with some changes. */
export function link(changes) {
  const next = { ...current, ...changes };
  const parameters = new URLSearchParams();
  for (const name of texts) {
    if (next[name] && !(name === "tab" && next.tab === "search")) parameters.set(name, next[name]);
  }
  for (const name of lists) if (next[name].length) parameters.set(name, next[name].join(","));
  // Commas may stand in a query as they are, and a link is read by people too.
  return `/?${parameters.toString().replaceAll("%2C", ",")}`;
}

function set(next) {
  const before = current;
  current = next;
  for (const listener of listeners) listener(current, before);
}

/** Goes to the state with some changes; `replace` leaves no step in the history. */
export function go(changes, { replace = false } = {}) {
  const address = link(changes);
  // `inside` says that the step before is this page too, so that closing a dialog may go back to it.
  if (replace) history.replaceState(history.state, "", address);
  else if (address !== location.pathname + location.search) history.pushState({ inside: true }, "", address);
  set(parse(new URL(address, location.href).search));
}

addEventListener("popstate", () => set(parse(location.search)));

/** What has no place in the next search: everything that makes the present one. */
export const noQuery = { q: "", image: "", like: [], unlike: [], item: "" };

/** Scores from here on are shown unless the reader asks for more or fewer: below it likeness is chance. */
export const usualLeast = 0.5;

/** The filters as the API takes them. The last day counts, so the bound is the day after it. */
export function filterOf({ label, from, to, format }) {
  const filter = {};
  if (label) filter.label = label;
  if (/^\d{4}-\d\d-\d\d$/.test(from)) filter.after = from;
  const last = new Date(`${to}T00:00:00Z`);
  if (to && !Number.isNaN(last.getTime())) {
    last.setUTCDate(last.getUTCDate() + 1);
    filter.before = last.toISOString().slice(0, 10);
  }
  if (["jpeg", "png", "webp", "heic", "avif"].includes(format)) filter.format = format;
  return filter;
}
