// The tray: examples to be like and unlike, which together make the query.

import { announce, byId, el, icon, toast } from "./dom.js";
import { upload } from "./query.js";
import { go, noQuery, state } from "./state.js";
import { ownPicture, releaseThumbnails, showThumbnail } from "./thumbs.js";

const limit = 64; // The contract's bound, of each kind.

const search = (changes) => go({ item: "", tab: "search", ...changes });

export function like(id) {
  const { like, unlike } = state();
  if (like.includes(id)) return search({ like: like.filter((other) => other !== id) });
  if (like.length >= limit) return toast(`${limit} examples are the most that one search takes`);
  // Examples take the place of a label.
  search({ q: "", like: [...like, id], unlike: unlike.filter((other) => other !== id) });
}

export function unlike(id) {
  const { q, image, like, unlike } = state();
  if (unlike.includes(id)) return search({ unlike: unlike.filter((other) => other !== id) });
  if (unlike.length >= limit) return toast(`${limit} examples are the most that one search takes`);
  const positives = like.filter((other) => other !== id);
  search({ like: positives, unlike: [...unlike, id] });
  if (q || positives.length || image) return;
  announce("A search needs something to be like: choose “More like this” for another one");
}

export const inTray = (id) => ({ like: state().like.includes(id), unlike: state().unlike.includes(id) });

const tray = byId("tray");
const list = byId("tray-items");
let shownKey = "";

/** Shows the tray for the state. `kind` is the collection's. */
export function showTray(kind) {
  const { c, q, like, unlike, image, tab } = state();
  const kept = image ? upload(image) : null;
  const empty = !like.length && !unlike.length && !kept;
  tray.hidden = empty || !["search", "map"].includes(tab);
  document.body.classList.toggle("with-tray", !tray.hidden);
  const key = JSON.stringify([c, q, like, unlike, kept ? image : "", kind]);
  if (key === shownKey) return;
  shownKey = key;
  releaseThumbnails(list);
  list.replaceChildren();
  if (kept) {
    list.append(entry("like", ownPicture(kept.address), "your picture", "image", () => search({ image: "" })));
  }
  for (const [sign, ids] of [["like", like], ["unlike", unlike]]) {
    for (const id of ids) {
      const isVector = kind === "vectors";
      const picture = isVector ? el("span", { class: "number", text: String(id) }) : el("img", { alt: `Image ${id}` });
      if (!isVector) showThumbnail(picture, c, { id }, 128);
      const remove = () => search({ [sign]: state()[sign].filter((other) => other !== id) });
      list.append(entry(sign, picture, `example ${id}`, id, remove));
    }
  }
  byId("tray-hint").hidden = Boolean(q || like.length || kept);
}

function entry(sign, picture, name, id, remove) {
  return el(
    "li",
    { class: `tray-item ${sign}`, "data-testid": `tray-${sign}`, "data-id": id },
    el("span", { class: "frame" }, picture),
    el(
      "span",
      { class: "sign" },
      icon(sign),
      el("span", { class: "hidden-text", text: sign === "like" ? "More like" : "Less like" }),
    ),
    el(
      "button",
      {
        type: "button",
        class: "remove",
        "aria-label": `Remove ${name}`,
        title: "Remove",
        "data-testid": "tray-remove",
        onclick: remove,
      },
      icon("close"),
    ),
  );
}

byId("tray-clear").addEventListener("click", () => go({ ...noQuery, q: state().q }));
