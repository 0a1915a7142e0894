// The Suggestions tab: labels that images without one may deserve, grouped by label, to be accepted or rejected.

import { api } from "./api.js";
import { cardAfter, cardList, removeCards } from "./cards.js";
import { announce, byId, el, icon, plural, sentences, toast } from "./dom.js";
import { mayLabel } from "./labels.js";
import { go, link, noQuery } from "./state.js";
import { button, errorNotice, notice } from "./views.js";

const most = 240; // Suggestions that are asked for at a time.
const groups = byId("suggest-groups");
const place = byId("suggest-notice");
const note = byId("suggest-note");
const confidence = byId("suggest-confidence");

let shown = ""; // The collection and confidence that are shown.
let stop = null;
let total = 0;

/** Shows the tab for a collection, unless it is shown already. */
export function showSuggestions(collection) {
  const key = JSON.stringify([collection.name, collection.updated, confidence.value]);
  if (key === shown && groups.children.length) return;
  shown = key;
  load(collection);
}

async function load(collection) {
  stop?.abort();
  const mine = (stop = new AbortController());
  groups.replaceChildren();
  place.replaceChildren();
  note.textContent = "";
  confidence.onchange = () => showSuggestions(collection);
  if (collection.kind !== "images") {
    return place.replaceChildren(notice({ title: "A collection of vectors", lines: ["Vectors carry no labels."] }));
  }
  note.textContent = "Looking at the labels…";
  try {
    const options = { min_confidence: confidence.value, top: most };
    const answer = await api.suggestions(collection.name, options, mine.signal);
    if (!mine.signal.aborted) show(collection, answer);
  } catch (error) {
    if (mine.signal.aborted) return;
    note.textContent = "";
    place.replaceChildren(errorNotice(error, { retry: () => load(collection) }));
  }
}

function show(collection, answer) {
  total = answer.total;
  const byLabel = Map.groupBy(answer.suggestions, ({ label }) => label);
  const sorted = [...byLabel].sort(([, a], [, b]) => b.length - a.length);
  groups.replaceChildren(...sorted.map(([label, list]) => group(collection, label, list)));
  showNote(answer);
  if (answer.total) return announce(note.textContent);
  const lines = answer.labels.length
    ? [answer.unlabelled ? "None is sure enough. A lower confidence may show some." : "Every picture has a label."]
    : ["Labels that three pictures or more carry are learnt. Label some, or index with labels from folders."];
  place.replaceChildren(notice({ title: "No suggestions", lines, testId: "no-suggestions" }));
  announce("No suggestions");
}

function showNote({ unlabelled, suggestions }) {
  const parts = [`${plural(total, "suggestion")} for ${plural(unlabelled, "picture")} without a label`];
  if (suggestions.length < total) parts.push(`the ${suggestions.length} surest are shown`);
  if (!mayLabel()) parts.push("accepting needs a key of the role writer");
  else if (matchMedia("(hover: hover)").matches) parts.push("A accepts, R rejects the chosen picture");
  note.textContent = parts.join(" · ");
}

function group(collection, label, list) {
  const query = { ...noQuery, q: label, tab: "search" };
  const search = (event) => (event.preventDefault(), go(query));
  const section = el("section", { class: "card-group", "data-testid": "suggestion-group", "data-value": label });
  const all = (verb) => judge(collection, verb, label, [...section.querySelectorAll(".card")], section);
  const buttons = mayLabel() && el(
    "div",
    { class: "actions" },
    button("", () => all("accept"), { "data-testid": "accept-all", class: "all" }),
    button("", () => all("reject"), { "data-testid": "reject-all", class: "all" }),
  );
  const cards = cardList(
    collection.name,
    list.map(({ image, confidence: sure }) => ({ image, text: `${Math.round(sure * 100)} %` })),
    {
      label: `Pictures that may be ${label}`,
      testId: "suggestion",
      actions: mayLabel() ? actions(collection, label, section) : [],
    },
  );
  const title = el("h2", {}, el("a", { href: link(query), text: label, onclick: search }));
  section.append(el("div", { class: "card-head" }, title, buttons), cards);
  count(section);
  return section;
}

const actions = (collection, label, section) =>
  [["accept", "a", "check"], ["reject", "r", "close"]].map(([verb, key, symbol]) => ({
    verb,
    key,
    symbol: () => icon(symbol),
    text: verb === "accept" ? `It is ${label}` : `It is not ${label}`,
    run: (card) => judge(collection, verb, label, [card], section),
  }));

function count(section) {
  const left = section.querySelectorAll(".card").length;
  const [accept, reject] = section.querySelectorAll(".all");
  if (!accept) return;
  accept.textContent = left === 1 ? "Accept it" : `Accept all ${left}`;
  reject.textContent = left === 1 ? "Reject it" : `Reject all ${left}`;
  accept.setAttribute("aria-label", `${accept.textContent}: ${section.dataset.value}`);
  reject.setAttribute("aria-label", `${reject.textContent}: ${section.dataset.value}`);
}

async function judge(collection, verb, label, cards, section) {
  const open = cards.filter((card) => !card.classList.contains("busy"));
  if (!open.length) return;
  for (const card of open) card.classList.add("busy");
  try {
    await api.judge(collection.name, verb, label, open.map((card) => Number(card.dataset.id)));
  } catch (error) {
    for (const card of open) card.classList.remove("busy");
    return toast(sentences(error.message, error.detail));
  }
  const hadFocus = section.contains(document.activeElement);
  const next = cardAfter(section.querySelector(".cards"), open) ?? section.nextElementSibling?.querySelector(".card")
    ?? section.previousElementSibling?.querySelector(".card");
  removeCards(section.querySelector(".cards"), open);
  total -= open.length;
  count(section);
  if (!section.querySelector(".card")) section.remove();
  if (hadFocus && next) next.querySelector("a").focus();
  const done = verb === "accept" ? "labelled" : "rejected";
  announce(`${plural(open.length, "picture")} ${done}: ${label}`);
  // What was said teaches more: suggestions are made anew when those that are shown are done.
  if (!groups.children.length) load(collection);
}
