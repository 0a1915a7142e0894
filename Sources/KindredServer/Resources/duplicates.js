// The Duplicates tab: what is there more than once, in three kinds that are shown apart.

import { api } from "./api.js";
import { cardList } from "./cards.js";
import { announce, byId, el, plural } from "./dom.js";
import { releaseThumbnails } from "./thumbs.js";
import { button, errorNotice, notice } from "./views.js";

const pageSize = 40;
const kinds = ["identical", "same", "look-alike"];
const words = {
  identical: "files with the same bytes",
  same: "versions of one picture: resized, cropped a little, mirrored, encoded anew",
  "look-alike": "pictures that are near each other, such as a burst",
};
const groups = byId("duplicate-groups");
const place = byId("duplicate-notice");
const note = byId("duplicate-note");
const bar = byId("duplicate-progress");

let kind = "same";
let shown = "";
let stop = null;

/** Shows the tab for a collection, unless it is shown already. */
export function showDuplicates(collection) {
  const key = JSON.stringify([collection.name, collection.updated, kind]);
  if (key === shown) return;
  shown = key;
  for (const name of kinds) byId(`duplicates-${name}`).onclick = () => choose(collection, name);
  load(collection);
}

/** Nobody waits for the search while another tab is shown; it goes on all the same. */
export function leaveDuplicates() {
  if (bar.hidden) return;
  stop?.abort();
  shown = "";
}

function choose(collection, name) {
  kind = name;
  showDuplicates(collection);
}

function clear() {
  releaseThumbnails(groups);
  groups.replaceChildren();
  place.replaceChildren();
  note.textContent = "";
}

async function load(collection) {
  stop?.abort();
  const mine = (stop = new AbortController());
  clear();
  bar.hidden = true;
  for (const name of kinds) byId(`duplicates-${name}`).setAttribute("aria-pressed", String(name === kind));
  if (collection.kind !== "images") {
    return place.replaceChildren(notice({ title: "A collection of vectors", lines: ["It holds no pictures."] }));
  }
  try {
    for (;;) {
      const answer = await api.duplicates(collection.name, { kind, top: pageSize }, mine.signal);
      if (mine.signal.aborted) return;
      bar.hidden = Boolean(answer.groups);
      if (answer.groups) return show(collection, answer, mine);
      showProgress(answer);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (mine.signal.aborted) return;
    }
  } catch (error) {
    if (mine.signal.aborted) return;
    bar.hidden = true;
    note.textContent = "";
    place.replaceChildren(errorNotice(error, { retry: () => load(collection) }));
  }
}

function showProgress({ state, stage, completed, total }) {
  if (total) bar.value = completed / total;
  else bar.removeAttribute("value");
  const what = stage === "pairs" ? "Comparing pictures" : "Looking up neighbours";
  const counts = total ? `: ${completed.toLocaleString()} of ${total.toLocaleString()}` : "";
  note.textContent = state === "waiting" ? "Waits: another collection is looked through" : what + counts;
}

function show(collection, answer, mine) {
  for (const name of kinds) byId(`duplicates-${name}-count`).textContent = answer.totals[name].toLocaleString();
  const total = answer.totals[kind];
  const parts = [`${plural(total, "group")}: ${words[kind]}`];
  if (!answer.current) parts.push("the collection has changed since and is looked through again");
  note.textContent = parts.join(" · ");
  if (total) append(collection, answer, mine, 0);
  else place.replaceChildren(notice({ title: "None of this kind", lines: [], testId: "no-duplicates" }));
  announce(note.textContent);
}

function append(collection, answer, mine, offset) {
  groups.append(...answer.groups.map((one) => group(collection, one)));
  place.replaceChildren();
  const next = offset + pageSize;
  if (next >= answer.totals[kind]) return;
  const more = async () => {
    try {
      const page = await api.duplicates(collection.name, { kind, top: pageSize, offset: next }, mine.signal);
      if (page.groups) append(collection, page, mine, next);
    } catch (error) {
      if (!mine.signal.aborted) place.replaceChildren(errorNotice(error, { retry: more }));
    }
  };
  place.replaceChildren(el("div", { class: "end" }, button("Show more", more, { "data-testid": "more-duplicates" })));
}

function group(collection, { count, members }) {
  const items = members.map((member, index) => ({
    image: member.image,
    text: caption(member, index),
    title: member.image.path ?? member.image.name,
  }));
  const head = el("h2", { class: "quiet", text: plural(count, kind === "identical" ? "file" : "picture") });
  const cards = cardList(collection.name, items, { label: head.textContent, testId: "duplicate" });
  return el("section", { class: "card-group", "data-testid": "duplicate-group" }, head, cards);
}

/** What sets a picture apart from the first of its group. */
function caption({ image, changes, score, files, versions, checked }, index) {
  const size = `${image.width} × ${image.height}`;
  if (kind === "identical") return image.path ?? image.name;
  const parts = [size];
  if (kind === "same" && index > 0) parts.push(changes.join(", "));
  if (kind === "look-alike" && index > 0) parts.push(`likeness ${score.toFixed(2)}`);
  if (files > 1) parts.push(plural(files, "file"));
  if (kind === "look-alike" && versions > 1) parts.push(plural(versions, "version"));
  if (!checked) parts.push("file can’t be read");
  return parts.filter(Boolean).join(" · ");
}
