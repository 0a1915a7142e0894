// The Search tab: the box, the filters, the results and what stands in their place.

import { api } from "./api.js";
import { combobox } from "./combobox.js";
import { announce, byId, el, plural, sentences } from "./dom.js";
import { Grid } from "./grid.js";
import { imagePages, isSearch, keepUpload, queryKey, searchPages, title, upload } from "./query.js";
import { filterOf, go, noQuery, state, usualLeast } from "./state.js";
import { ownPicture } from "./thumbs.js";
import { inTray, like, unlike } from "./tray.js";
import { button, errorNotice, notice } from "./views.js";

const heading = byId("results-title");
const note = byId("results-note");
const place = byId("results-notice");
const sentinel = byId("sentinel");
const form = byId("search-form");
const box = byId("search-box");
const picker = byId("picture-file");

const grid = new Grid(byId("grid"), {
  open: (id) => go({ item: String(id) }),
  like: (id) => like(id),
  unlike,
  chosen: inTray,
});

let run = null; // The search that is shown: { key, pages, stop, loading, done }

/** The entries that are shown, best first. */
export const results = () => grid.items.filter((item) => !item.placeholder);
export const focusTile = (id) => grid.focus(id);
export const relabelTile = (image) => grid.relabel(image);

/** Searches for the words that are typed. */
const searchFor = (q) => go({ ...noQuery, q, tab: "search" });

export function searchByPicture(file) {
  if (!file) return;
  go({ ...noQuery, image: keepUpload(file), tab: "search" });
}

/** Shows what the state asks for, unless it is shown already. `again` asks the server in any case. */
export function showSearch(collection, again = false) {
  const s = state();
  const key = queryKey(s) + collection.updated;
  if (!again && run?.key === key) return;
  run?.stop.abort();
  const stop = new AbortController();
  run = { key, stop, s, collection, loading: false, done: false, pages: null };
  fillForms(s);
  fitForms(collection.kind === "vectors");
  place.replaceChildren();
  heading.textContent = title(s) || "Newest pictures";
  note.textContent = note.title = "";
  showQueryPicture(s);
  showSuggestions(s, collection, stop.signal);
  if (s.image && !upload(s.image)) return showLostPicture();
  if (!collection.entries) return showEmptyCollection(collection);
  if (isSearch(s)) run.pages = searchPages(s, stop.signal);
  else if (collection.kind === "vectors") return showVectorsHint(collection);
  else run.pages = imagePages(s, stop.signal);
  if (!isSearch(s)) heading.textContent = Object.keys(filterOf(s)).length ? "Filtered pictures" : "Newest pictures";
  grid.showPlaceholders();
  scrollTo(0, 0);
  loadMore();
}

// Asks for the next page, and goes on while the end of the list is near the window.
export async function loadMore() {
  const mine = run;
  if (!mine?.pages || mine.loading || mine.done) return;
  mine.loading = true;
  byId("grid").setAttribute("aria-busy", "true");
  try {
    const { value, done } = await mine.pages.next();
    if (mine !== run) return;
    mine.done = done || value.done;
    if (value) showPage(mine, value);
  } catch (error) {
    if (mine !== run || error.name === "AbortError") return;
    mine.done = true;
    if (!results().length) grid.clear();
    const suggest = error.code === "unknown-collection" ? (c) => go({ ...noQuery, c }) : searchFor;
    const retry = () => mine === run && showSearch(mine.collection, true);
    place.replaceChildren(errorNotice(error, { retry, suggest }));
    announce(sentences(error.message, error.detail));
  } finally {
    mine.loading = false;
    if (mine === run) byId("grid").setAttribute("aria-busy", "false");
  }
  if (mine === run && !mine.done && sentinel.getBoundingClientRect().top < innerHeight + 900) loadMore();
}

const whenNear = ([entry]) => entry.isIntersecting && loadMore();
new IntersectionObserver(whenNear, { rootMargin: "900px" }).observe(sentinel);

function showPage(mine, { items, result }) {
  const first = !results().length;
  if (first) grid.clear();
  grid.append(mine.s.c, items);
  if (first && !items.length) return showNothing(mine, result);
  const count = results().length;
  const shown = mine.collection.kind === "vectors" ? plural(count, "entry", "entries") : plural(count, "picture");
  if (result) {
    heading.textContent = title(mine.s, result);
    const labelled = result.labelled !== undefined && plural(result.labelled, "picture");
    const { embed, search, fetch } = result.took_ms;
    const time = (embed + search + fetch).toFixed(embed + search + fetch < 10 ? 1 : 0);
    note.textContent = `${labelled ? `${labelled} with this label, then the nearest` : "Best first"} · ${time} ms`;
    note.title = `Features ${embed.toFixed(1)} ms, search ${search.toFixed(1)} ms, reading ${fetch.toFixed(1)} ms`;
  } else if (!Object.keys(filterOf(mine.s)).length) {
    showFacts(mine.collection);
  }
  if (mine.done && result) showHidden(mine, result);
  announce(`${shown} for ${heading.textContent}${mine.done ? "" : ", more when you scroll"}`);
}

/** What the collection is: how many pictures, and how they are compared. */
function showFacts({ entries, name, title: text, model, recipe }) {
  const facts = [`${plural(entries, "picture")} in ${text || name}`, model];
  if (recipe) facts.push(`recipe ${recipe.name ?? recipe.views.join(" + ")}`);
  note.textContent = facts.filter(Boolean).join(" · ");
  if (!recipe) return;
  const views = recipe.views.map((view) => view.replace("-", " ")).join(", ");
  const classes = recipe.class_weight ? `, classes × ${recipe.class_weight}` : "";
  note.title = `Views: ${views}${classes}; ${recipe.similarity === "centered" ? "centred cosine" : "cosine"}`;
}

const showLess = () => go({ least: "0" });

/** The end of the list: that less alike pictures are hidden, or that they are shown. */
function showHidden(mine, result) {
  const least = Number(mine.s.least || usualLeast);
  if (result.more_below_min_score) {
    const text = least === usualLeast ? "More pictures are hidden: they are no more alike than chance."
      : `Pictures of a likeness below ${least} are hidden.`;
    const more = button("Show less alike", showLess, { "data-testid": "show-less-alike" });
    place.replaceChildren(el("div", { class: "end", "data-testid": "hidden-note" }, el("p", { text }), more));
  } else if (mine.s.least && least < usualLeast) {
    const text = "Everything is shown, whatever its likeness.";
    const fewer = button("Hide less alike", () => go({ least: "" }), { "data-testid": "hide-less-alike" });
    place.replaceChildren(el("div", { class: "end" }, el("p", { text }), fewer));
  }
}

// States without results.

function showNotice(...parts) {
  grid.clear();
  run.done = true;
  place.replaceChildren(...parts);
}

function showNothing(mine, result) {
  const filtered = Object.keys(filterOf(mine.s)).length > 0;
  if (result?.more_below_min_score) {
    return showNotice(
      notice({
        symbol: "search",
        title: "Nothing is alike enough",
        lines: ["Pictures that are less alike are hidden."],
        actions: [button("Show less alike", showLess, { class: "primary", "data-testid": "show-less-alike" })],
        testId: "no-results",
      }),
    );
  }
  showNotice(
    notice({
      symbol: "search",
      title: "Nothing found",
      lines: [filtered ? "No picture passes the filters." : "Nothing here is like that."],
      actions: filtered ? [button("Clear the filters", clearFilters, { class: "primary" })] : [],
      testId: "no-results",
    }),
  );
  announce("Nothing found");
}

function showEmptyCollection(collection) {
  heading.textContent = "";
  const isImages = collection.kind === "images";
  const index = button("Index a folder", () => go({ tab: "index" }), { class: "primary", "data-testid": "go-index" });
  showNotice(
    notice({
      title: "This collection is empty",
      lines: isImages
        ? ["Index a folder of pictures, and they can be searched at once.", "On the command line: kindred index FOLDER"]
        : ["Vectors are put into it through the API."],
      actions: isImages ? [index] : [],
      testId: "empty-collection",
    }),
  );
}

function showVectorsHint(collection) {
  heading.textContent = collection.title || collection.name;
  note.textContent = plural(collection.entries, "entry", "entries");
  showNotice(
    notice({
      symbol: "search",
      title: "A collection of vectors",
      lines: ["Type some words: entries whose metadata hold them are found, and each leads to its neighbours."],
      testId: "vectors-hint",
    }),
  );
}

function showLostPicture() {
  heading.textContent = "";
  showNotice(
    notice({
      symbol: "camera",
      title: "This search was made with a picture",
      lines: [
        "The picture is not part of the link: it is only on the computer where it was dropped.",
        "Drop it here to see the results.",
      ],
      actions: [button("Choose a picture", () => picker.click(), { class: "primary" })],
      testId: "lost-picture",
    }),
  );
}

/** The dropped picture, beside the heading. */
function showQueryPicture({ image }) {
  const holder = byId("query-picture");
  const kept = image && upload(image);
  holder.hidden = !kept;
  holder.replaceChildren(kept ? ownPicture(kept.address) : "");
}

/** Before a search: the most frequent labels, to have something to click. */
async function showSuggestions(s, collection, signal) {
  const holder = byId("label-suggestions");
  holder.replaceChildren();
  holder.hidden = isSearch(s) || collection.kind !== "images" || !collection.entries;
  if (holder.hidden) return;
  try {
    const { labels } = await api.labels(s.c, "", 14, signal);
    if (signal.aborted) return;
    holder.replaceChildren(
      ...labels.map(({ name, count }) => {
        const attributes = { class: "chip", "data-testid": "label-suggestion", "data-value": name };
        const chip = button(name, () => searchFor(name), attributes);
        chip.append(el("span", { class: "note", text: count.toLocaleString() }));
        return chip;
      }),
    );
    // One line has its place from the beginning; a second would push the pictures down.
    for (const chip of [...holder.children]) if (chip.offsetTop > holder.firstChild.offsetTop) chip.remove();
  } catch {
    // The results say what is wrong.
  }
}

// The box.

const complete = async (text, signal) => {
  if (run?.collection.kind === "vectors") return []; // Vectors carry no labels.
  const { labels } = await api.labels(state().c, text, 8, signal);
  return labels.map(({ name, count }) => ({ value: name, note: plural(count, "picture") }));
};

combobox({ input: box, list: byId("search-options"), complete, choose: searchFor, testId: "search-option" });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (box.value.trim()) searchFor(box.value.trim());
  else go({ ...noQuery, tab: "search" });
});
byId("search-clear").addEventListener("click", () => {
  box.value = "";
  go({ ...noQuery, tab: "search" });
  box.focus();
});
byId("picture-button").addEventListener("click", () => picker.click());
picker.addEventListener("change", () => {
  searchByPicture(picker.files[0]);
  picker.value = "";
});

// The filters.

const filters = {
  label: byId("filter-label"),
  from: byId("filter-from"),
  to: byId("filter-to"),
  format: byId("filter-format"),
};
const least = byId("filter-least");
const clearFilters = () => go({ label: "", from: "", to: "", format: "", least: "" });

combobox({
  input: filters.label,
  list: byId("filter-label-options"),
  complete,
  choose: (label) => go({ label }),
  testId: "filter-label-option",
});
for (const [name, field] of Object.entries(filters)) {
  field.addEventListener("change", () => go({ [name]: field.value.trim() }));
}
const showLeast = () => (byId("least-value").textContent = Number(least.value).toFixed(2));
least.addEventListener("input", showLeast);
least.addEventListener("change", () => go({ least: Number(least.value) === usualLeast ? "" : least.value }));
byId("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  go({ label: filters.label.value.trim() });
});
byId("filter-clear").addEventListener("click", clearFilters);
byId("filter-toggle").addEventListener("click", () => showFilters(byId("filters").hidden));

function showFilters(open) {
  byId("filters").hidden = !open;
  byId("filter-toggle").setAttribute("aria-expanded", String(open));
}

// Vectors have no labels, no pictures and nothing to filter by; their metadata's words can be searched.
function fitForms(isVectors) {
  byId("filter-toggle").hidden = byId("picture-button").hidden = isVectors;
  if (isVectors) showFilters(false);
  box.placeholder = isVectors ? "Search words of the metadata" : "Search a label, or drop a picture";
  box.setAttribute("aria-label", isVectors ? "Search words" : "Search a label");
}

function fillForms(s) {
  if (document.activeElement !== box || s.q) box.value = s.q;
  byId("search-clear").hidden = !s.q;
  let count = 0;
  for (const [name, field] of Object.entries(filters)) {
    if (field.value !== s[name]) field.value = s[name];
    if (s[name]) count += 1;
  }
  if (count && innerWidth > 700) showFilters(true); // On a phone they would hide the results.
  byId("least-field").hidden = !isSearch(s);
  least.value = s.least || usualLeast;
  showLeast();
  if (s.least && isSearch(s)) count += 1;
  byId("filter-count").textContent = count ? String(count) : "";
  byId("filter-clear").hidden = !count;
}
