// The justified grid: rows of the full width whose pictures share a height, laid out from widths and heights alone, so
// that every box is fixed before its thumbnail comes.

import { altText, el, icon } from "./dom.js";
import { link } from "./state.js";
import { releaseThumbnails, showThumbnail } from "./thumbs.js";

const captionHeight = 34;

/**
 * Boxes for pictures of the given aspect ratios. A row is closed as soon as it would be lower than the target;
 * the last row is never stretched.
 */
function justify(ratios, width, target, gap) {
  const boxes = [];
  let top = 0;
  let start = 0;
  let sum = 0;
  const close = (end, height) => {
    let left = 0;
    for (let i = start; i < end; i++) {
      // The last one takes what rounding has left, so that right edges are flush.
      const ideal = ratios[i] * height;
      const room = width - left;
      const boxWidth = i === end - 1 && Math.abs(room - ideal) < 4 ? room : Math.min(Math.round(ideal), room);
      boxes.push({ left, top, width: boxWidth, height });
      left += boxWidth + gap;
    }
    top += height + captionHeight + gap;
    start = end;
    sum = 0;
  };
  for (let i = 0; i < ratios.length; i++) {
    sum += ratios[i];
    const height = (width - gap * (i - start)) / sum;
    if (height <= target) close(i + 1, Math.round(height));
  }
  if (start < ratios.length) close(ratios.length, target);
  return { boxes, height: Math.max(0, top - gap) };
}

/** Panoramas and tall strips would make a row useless; they are shown cut. */
const ratioOf = ({ width, height }) => (width > 0 && height > 0 ? Math.min(3, Math.max(0.5, width / height)) : 4 / 3);

const scoreText = (score) => (score === undefined ? "" : score.toFixed(2));

/** What a score means. Only images have a cosine beside it. */
function scoreTitle({ match, score, cosine }) {
  if (cosine === undefined) return "Cosine with the query";
  const likeness = `Likeness ${score.toFixed(2)} of 1 (cosine ${cosine.toFixed(2)})`;
  return match === "labelled" ? `Carries the label. ${likeness}` : likeness;
}

const captionOf = (item) =>
  (item.labels ?? []).map((label) => label.name).join(", ") || item.name || `Entry ${item.id}`;

function metadataLines(metadata) {
  if (metadata === null || typeof metadata !== "object") return [el("span", { text: String(metadata ?? "") })];
  return Object.entries(metadata)
    .slice(0, 6)
    .map(([name, value]) =>
      el("span", {}, el("b", { text: `${name} ` }), typeof value === "object" ? JSON.stringify(value) : String(value)),
    );
}

export class Grid {
  /** `open(id)`, `like(id)`, `unlike(id)` are called for a tile's link and buttons; `chosen(id)` says which are on. */
  constructor(list, handlers) {
    this.list = list;
    this.handlers = handlers;
    this.items = [];
    this.boxes = [];
    this.active = 0;
    new ResizeObserver(() => this.layout()).observe(list);
    list.addEventListener("keydown", (event) => this.onKey(event));
    list.addEventListener("focusin", (event) => {
      const index = [...list.children].indexOf(event.target.closest(".tile"));
      if (index >= 0) this.setActive(index);
    });
  }

  clear() {
    releaseThumbnails(this.list);
    this.list.replaceChildren();
    this.items = [];
    this.active = 0;
    this.layout(true);
  }

  /** Grey boxes until the first results come. */
  showPlaceholders() {
    this.clear();
    const ratios = [1.5, 1, 1.33, 0.75, 1.5, 1.33, 1, 1.6, 0.8, 1.33, 1.5, 1];
    this.items = ratios.map((ratio) => ({ width: ratio, height: 1, placeholder: true }));
    const box = () => el("li", { class: "tile placeholder", "aria-hidden": "true" }, el("span", { class: "frame" }));
    this.list.append(...ratios.map(box));
    this.layout(true);
  }

  append(collection, items) {
    if (this.items[0]?.placeholder) this.clear();
    const first = this.items.length;
    this.items.push(...items);
    this.list.append(...items.map((item, i) => this.tile(collection, item, first + i)));
    this.layout(true);
  }

  tile(collection, item, index) {
    const { open, like, unlike, chosen } = this.handlers;
    const name = item.metadata === undefined ? altText(item) : `Entry ${item.id}`;
    let picture;
    if (item.metadata === undefined) {
      picture = el("img", { alt: name });
      showThumbnail(picture, collection, item, 256);
    } else {
      picture = el("span", { class: "metadata" }, metadataLines(item.metadata));
    }
    const tab = index === this.active ? 0 : -1;
    const action = (symbol, text, handler) =>
      el(
        "button",
        {
          type: "button",
          class: symbol,
          title: text,
          "aria-label": `${text}: ${name}`,
          "aria-pressed": String(chosen(item.id)[symbol]),
          tabindex: tab,
          "data-testid": `tile-${symbol}`,
          onclick: () => handler(item.id),
        },
        icon(symbol),
      );
    return el(
      "li",
      { class: "tile", "data-testid": "tile", "data-id": item.id, "data-score": item.score, "data-match": item.match },
      el(
        "a",
        {
          href: link({ item: String(item.id) }),
          tabindex: tab,
          onclick: (event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return; // A new tab, as with any link.
            event.preventDefault();
            open(item.id);
          },
        },
        el("span", { class: "frame" }, picture),
        el(
          "span",
          { class: "caption" },
          el("span", { class: "labels", text: captionOf(item) }),
          item.score !== undefined &&
            el(
              "span",
              {
                class: `score ${item.match ?? ""}`,
                text: scoreText(item.score),
                title: scoreTitle(item),
              },
            ),
        ),
      ),
      el(
        "div",
        { class: "tile-actions" },
        action("like", "More like this", like),
        action("unlike", "Less like this", unlike),
      ),
    );
  }

  /** Takes over an image's labels after they have changed. */
  relabel(image) {
    const index = this.items.findIndex((item) => item.id === image.id);
    if (index < 0) return;
    this.items[index].labels = image.labels;
    const tile = this.list.children[index];
    tile.querySelector(".labels").textContent = captionOf(image);
    tile.querySelector("img").alt = altText(image);
  }

  layout(force = false) {
    const width = Math.floor(this.list.clientWidth);
    if (!width || (!force && width === this.width)) return;
    this.width = width;
    const target = width < 500 ? 140 : width < 1000 ? 190 : 225;
    const { boxes, height } = justify(this.items.map(ratioOf), width, target, width < 500 ? 8 : 14);
    this.boxes = boxes;
    this.list.style.height = `${height}px`;
    [...this.list.children].forEach((tile, i) => {
      const box = boxes[i];
      tile.style.transform = `translate(${box.left}px, ${box.top}px)`;
      tile.style.width = `${box.width}px`;
      tile.style.height = `${box.height + captionHeight}px`;
    });
  }

  // One tile is in the order of tabs; the arrows go from tile to tile.
  setActive(index) {
    const set = (i, value) => {
      for (const node of this.list.children[i]?.querySelectorAll("a, button") ?? []) node.tabIndex = value;
    };
    set(this.active, -1);
    this.active = index;
    set(index, 0);
  }

  focus(id) {
    const index = this.items.findIndex((item) => item.id === id);
    const tile = this.list.children[index];
    if (!tile) return false;
    this.setActive(index);
    tile.querySelector("a").focus();
    return true;
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const id = this.items[this.active]?.id;
    if (event.key === "+" && id !== undefined) return this.handlers.like(id);
    if (event.key === "-" && id !== undefined) return this.handlers.unlike(id);
    const next = this.neighbour(event.key);
    if (next === undefined || !this.items[next]) return;
    event.preventDefault();
    this.focus(this.items[next].id);
  }

  neighbour(key) {
    const last = this.items.length - 1;
    if (key === "ArrowLeft") return Math.max(0, this.active - 1);
    if (key === "ArrowRight") return Math.min(last, this.active + 1);
    if (key === "Home") return 0;
    if (key === "End") return last;
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const from = this.boxes[this.active];
    const down = key === "ArrowDown";
    const beyond = this.boxes.filter((box) => (down ? box.top > from.top : box.top < from.top)).map((box) => box.top);
    if (!beyond.length) return undefined;
    const row = down ? Math.min(...beyond) : Math.max(...beyond);
    const centre = from.left + from.width / 2;
    let best;
    this.boxes.forEach((box, i) => {
      const distance = Math.abs(box.left + box.width / 2 - centre);
      if (box.top === row && (best === undefined || distance < best.distance)) best = { i, distance };
    });
    return best.i;
  }
}
