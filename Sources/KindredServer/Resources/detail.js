// The dialog of one image: a large thumbnail, what is known about it, its labels, and its neighbours.

import { api, hasKey, originalPath, send } from "./api.js";
import { altText, announce, byId, bytes, dateTime, el, icon, sentences, toast } from "./dom.js";
import { labelEditor } from "./labels.js";
import { focusTile, loadMore, relabelTile, results } from "./search.js";
import { go, link, state } from "./state.js";
import { releaseThumbnails, showThumbnail } from "./thumbs.js";
import { inTray, like, unlike } from "./tray.js";
import { button, errorNotice } from "./views.js";

// The engine's bound of look-alikes (DuplicateThresholds.lookAlikeScore). Among 500 photos the three that are there twice
// have scores of 0.93, 0.97 and 0.99, and no others more than 0.92.
const duplicateScore = 0.95;

const dialog = byId("detail");
const body = byId("detail-body");
const stage = byId("detail-picture");
const previous = byId("detail-previous");
const next = byId("detail-next");

let shown = null; // { c, id, stop }

/** Opens, changes or closes the dialog as the state says. */
export function showDetail(collection) {
  const { c, item } = state();
  if (!item) return hide();
  const id = Number(item);
  if (shown?.c === c && shown.id === id) return;
  const before = shown;
  before?.stop.abort();
  shown = { c, id, stop: new AbortController() };
  showNeighbours(id);
  body.replaceChildren();
  clearStage();
  const known = results().find((entry) => entry.id === id);
  if (!dialog.open) dialog.showModal();
  // What had the focus may be gone or disabled now, and keys would go nowhere.
  if (!dialog.contains(document.activeElement) || document.activeElement.disabled || !before) dialog.focus();
  dialog.scrollTop = 0;
  if (collection.kind === "vectors") showVector(known ?? { id });
  else load(shown, known);
}

function hide() {
  if (!shown) return;
  const { id, stop } = shown;
  stop.abort();
  shown = null;
  clearStage();
  releaseThumbnails(body);
  body.replaceChildren();
  dialog.close();
  focusTile(id);
}

/** Back, when the step before is this page; a link that was opened with the dialog only loses the dialog. */
function close() {
  if (history.state?.inside) history.back();
  else go({ item: "" }, { replace: true });
}

function clearStage() {
  releaseThumbnails(stage);
  stage.classList.remove("broken");
  stage.replaceChildren();
}

async function load(mine, known) {
  if (known) showImage(mine, known);
  try {
    const image = await api.image(mine.c, mine.id, mine.stop.signal);
    if (mine !== shown) return;
    if (known) showFacts(image);
    else showImage(mine, image);
  } catch (error) {
    if (mine !== shown || error.name === "AbortError") return;
    if (!known) body.replaceChildren(errorNotice(error, { retry: () => load(mine) }));
  }
}

function actions(id) {
  const chosen = inTray(id);
  const make = (symbol, text, pressed, onclick) =>
    el(
      "button",
      {
        type: "button",
        class: symbol === "like" ? "primary" : "",
        "aria-pressed": String(pressed),
        "data-testid": `detail-${symbol}`,
        onclick,
      },
      icon(symbol),
      text,
    );
  return el(
    "div",
    { class: "actions" },
    make("like", "More like this", chosen.like, () => like(id)),
    make("unlike", "Less like this", chosen.unlike, () => unlike(id)),
  );
}

function showImage(mine, image) {
  const picture = el("img", { alt: altText(image), "data-testid": "detail-image" });
  // The box has the picture's shape before the picture is there.
  picture.width = image.width || 512;
  picture.height = image.height || 512;
  stage.append(picture);
  showThumbnail(picture, mine.c, image, 512);
  const facts = el("div", { id: "detail-facts" });
  const strips = el("div", { id: "detail-strips" });
  body.replaceChildren(el("h2", { id: "detail-title", text: image.name }), actions(mine.id), facts, strips);
  showFacts(image);
  announce(altText(image));
  showStrips(mine, strips);
}

function showFacts(image) {
  const rows = [
    ["Path", image.path],
    ["Size", `${image.width} × ${image.height}, ${image.format.toUpperCase()}, ${bytes(image.byte_count)}`],
    ["Taken", image.capture_date && dateTime(image.capture_date)],
    ["Changed", dateTime(image.modified)],
    ["Camera", image.camera],
    ["SHA-256", image.sha256],
  ].filter(([, value]) => value);
  byId("detail-facts").replaceChildren(
    labelEditor(shown.c, image, labelled),
    el(
      "dl",
      { "data-testid": "detail-metadata" },
      rows.map(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]),
    ),
    original(image),
  );
}

function labelled(image) {
  relabelTile(image);
  if (shown?.id === image.id) showFacts(image);
}

// A link can't send a key, so with one the file is fetched and saved.
function original(image) {
  const address = originalPath(shown.c, image);
  const attributes = { class: "original", href: address, "data-testid": "detail-original" };
  if (!hasKey()) {
    return el("a", { ...attributes, target: "_blank", rel: "noopener" }, "Open the original", icon("external"));
  }
  const save = async (event) => {
    event.preventDefault();
    try {
      const blob = URL.createObjectURL(await (await send(address)).blob());
      el("a", { href: blob, download: image.name }).click();
      setTimeout(() => URL.revokeObjectURL(blob), 60000);
    } catch (error) {
      toast(sentences(error.message, error.detail));
    }
  };
  return el("a", { ...attributes, onclick: save }, "Save the original", icon("external"));
}

// Neighbours.

async function showStrips(mine, holder) {
  try {
    const { hits } = await api.search(mine.c, { id: mine.id, top: 25 }, mine.stop.signal);
    if (mine !== shown) return;
    const others = hits.filter((hit) => hit.id !== mine.id);
    const duplicates = others.filter((hit) => hit.score >= duplicateScore);
    const similar = others.filter((hit) => hit.score < duplicateScore).slice(0, 18);
    if (duplicates.length) holder.append(strip("Duplicates", "duplicates", duplicates, mine.c));
    if (similar.length) holder.append(strip("Similar", "similar", similar, mine.c));
  } catch (error) {
    if (error.name === "AbortError" || mine !== shown) return;
    holder.append(el("p", { class: "quiet", text: `Neighbours can’t be shown: ${error.message}` }));
  }
}

function strip(name, testId, hits, collection) {
  const tile = (hit) => {
    const picture = el("img", { alt: altText(hit) });
    showThumbnail(picture, collection, hit, 128);
    return el(
      "li",
      {},
      el(
        "a",
        {
          href: link({ item: String(hit.id) }),
          title: `${hit.name} · ${hit.score.toFixed(2)}`,
          "data-testid": `${testId}-item`,
          "data-id": hit.id,
          onclick: (event) => (event.preventDefault(), go({ item: String(hit.id) }, { replace: true })),
        },
        el("span", { class: "frame" }, picture),
      ),
    );
  };
  return el(
    "section",
    { class: "strip", "data-testid": `strip-${testId}` },
    el("h3", { text: name }),
    el("ul", {}, hits.map(tile)),
  );
}

function showVector(entry) {
  const known = entry.metadata !== undefined;
  const text = known ? JSON.stringify(entry.metadata, null, 2) : "Its metadata is shown when it is among the results.";
  stage.append(el("pre", { text, "data-testid": "detail-metadata", tabindex: 0 }));
  body.replaceChildren(el("h2", { id: "detail-title", text: `Entry ${entry.id}` }), actions(entry.id));
}

// Previous and next among the results.

async function showNeighbours(id) {
  setSteps(id);
  if (results().length - results().findIndex((entry) => entry.id === id) > 4) return;
  await loadMore();
  if (shown?.id === id) setSteps(id);
}

function setSteps(id) {
  const ids = results().map((entry) => entry.id);
  const index = ids.indexOf(id);
  previous.hidden = next.hidden = index < 0;
  previous.disabled = index <= 0;
  next.disabled = index < 0 || index === ids.length - 1;
}

function step(by) {
  const ids = results().map((entry) => entry.id);
  const index = ids.indexOf(shown?.id);
  const id = index < 0 ? undefined : ids[index + by];
  if (id !== undefined) go({ item: String(id) }, { replace: true });
}

previous.addEventListener("click", () => step(-1));
next.addEventListener("click", () => step(1));
byId("detail-close").addEventListener("click", close);
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  close();
});
dialog.addEventListener("click", (event) => event.target === dialog && close());
dialog.addEventListener("keydown", (event) => {
  if (event.target.matches("input, pre") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
