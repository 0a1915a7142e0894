// The Map tab: the collection's first two principal components, to pan, zoom and look into.

import { api } from "./api.js";
import { altText, announce, byId, el, plural, reducedMotion } from "./dom.js";
import { followPointers } from "./gestures.js";
import { picture } from "./pictures.js";
import { Painter, Points } from "./points.js";
import { go, state } from "./state.js";
import { releaseThumbnails, showThumbnail } from "./thumbs.js";
import { button, errorNotice, notice } from "./views.js";

const canvas = byId("map-canvas");
const context = canvas.getContext("2d");
const painter = new Painter(context);
const card = byId("map-hover");
const place = byId("map-notice");
const thumbnailsAtMost = 140; // With fewer points in sight than this, they are drawn as pictures.

let points = null;
let loaded = ""; // collection and generation of the points
let view = { x: 0, y: 0, scale: 1 }; // in CSS pixels
let home = 1; // the scale that shows everything
let ratio = 1;
let hovered = -1;
let frame = 0;
let drawTime = 0;

const size = () => ({ width: canvas.clientWidth, height: canvas.clientHeight });

/** Loads the map of the state's collection, unless it is there. */
export async function showMap(collection) {
  const key = `${collection.id} ${collection.updated} ${collection.entries}`;
  if (loaded === key) return resize();
  loaded = key;
  points = null;
  hover(-1);
  canvas.dataset.points = "0";
  const { c } = state();
  if (collection.kind === "vectors" || !collection.entries) {
    const text = collection.entries ? "There is no map of a collection of vectors" : "This collection is empty";
    return put(notice({ symbol: "map", title: text, testId: "map-empty" }));
  }
  put(el("p", { class: "quiet", text: "Drawing the map…" }));
  try {
    const map = await api.map(c);
    if (loaded !== key) return;
    points = new Points(map);
    place.replaceChildren();
    place.hidden = true;
    canvas.dataset.points = points.count;
    const all = map.total > points.count ? ` of ${map.total.toLocaleString()}` : "";
    byId("map-count").textContent = `${points.count.toLocaleString()}${all} pictures`;
    announce(`Map of ${plural(points.count, "picture")}`);
    resize();
    reset();
  } catch (error) {
    if (loaded !== key) return;
    loaded = "";
    put(errorNotice(error, { retry: () => showMap(collection), suggest: (name) => go({ c: name }) }));
  }
}

function put(node) {
  context.clearRect(0, 0, canvas.width, canvas.height);
  byId("map-count").textContent = "";
  place.hidden = false;
  place.replaceChildren(node);
}

function resize() {
  const { width, height } = size();
  if (!width || !height) return;
  ratio = Math.min(2, devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    painter.resize(w, h);
    const before = home;
    home = Math.min(width, height) * 0.46;
    view.scale *= home / before;
  }
  painter.setColour(getComputedStyle(canvas).color.match(/\d+/g).slice(0, 3).map(Number));
  redraw();
}

new ResizeObserver(resize).observe(canvas);
addEventListener("kindred-theme", resize);

// Drawing.

function redraw() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  if (!points || !painter.image) return;
  const begin = performance.now();
  const { width, height } = size();
  const zoom = view.scale / home;
  const few = Math.min(2.6, (20000 / points.count) ** 0.25); // Few points may be large,
  const base = few * Math.min(1.3, Math.max(0.7, home / 300)); // and small windows need small ones.
  const radius = Math.min(5, base + 0.45 * Math.log2(Math.max(1, zoom))) * ratio;
  const drawn = painter.draw(points, { x: view.x, y: view.y, scale: view.scale * ratio }, radius);
  if (drawn && drawn <= thumbnailsAtMost) drawPictures(width, height, zoom);
  if (hovered >= 0) ring(hovered);
  drawTime = drawTime ? 0.9 * drawTime + 0.1 * (performance.now() - begin) : performance.now() - begin;
  // For whoever wants to see how the map does, tests among them.
  const { x, y, scale } = view;
  Object.assign(canvas.dataset, { x, y, scale, visible: drawn, drawMs: drawTime.toFixed(2) });
}

const screenX = (i) => (points.x[i] - view.x) * view.scale + canvas.clientWidth / 2;
const screenY = (i) => (points.y[i] - view.y) * view.scale + canvas.clientHeight / 2;

function ring(i) {
  context.strokeStyle = getComputedStyle(canvas).outlineColor;
  context.lineWidth = 2 * ratio;
  context.beginPath();
  context.arc(screenX(i) * ratio, screenY(i) * ratio, 8 * ratio, 0, 2 * Math.PI);
  context.stroke();
}

/** Pictures in place of points, when few are in sight. */
function drawPictures(width, height, zoom) {
  const side = Math.min(96, 36 + 6 * Math.log2(Math.max(1, zoom))) * ratio;
  const halfWidth = width / 2 / view.scale;
  const halfHeight = height / 2 / view.scale;
  points.within(view.x - halfWidth, view.y - halfHeight, view.x + halfWidth, view.y + halfHeight, (i) => {
    const bitmap = picture(state().c, points.ids[i], redraw);
    if (!bitmap) return;
    const factor = side / Math.max(bitmap.width, bitmap.height);
    const [w, h] = [bitmap.width * factor, bitmap.height * factor];
    context.drawImage(bitmap, screenX(i) * ratio - w / 2, screenY(i) * ratio - h / 2, w, h);
  });
}

// Moving.

function clampView() {
  view.scale = Math.min(home * 4000, Math.max(home * 0.5, view.scale));
  view.x = Math.min(1.2, Math.max(-1.2, view.x));
  view.y = Math.min(1.2, Math.max(-1.2, view.y));
}

function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  clampView();
  redraw();
}

/** Zooms so that what is under a place of the canvas stays there. */
function zoomAt(factor, px, py) {
  const { width, height } = size();
  const before = { x: view.x + (px - width / 2) / view.scale, y: view.y + (py - height / 2) / view.scale };
  view.scale *= factor;
  clampView();
  view.x = before.x - (px - width / 2) / view.scale;
  view.y = before.y - (py - height / 2) / view.scale;
  clampView();
  redraw();
}

function glide(factor) {
  const { width, height } = size();
  const steps = reducedMotion() ? 1 : 10;
  let left = steps;
  const step = () => {
    zoomAt(factor ** (1 / steps), width / 2, height / 2);
    if (--left) requestAnimationFrame(step);
    else hoverCentre(false);
  };
  step();
}

function reset() {
  view = { x: 0, y: 0, scale: home };
  redraw();
}

// Hovering.

let hoverTimer = 0;

function hover(i) {
  if (i === hovered) return;
  hovered = i;
  clearTimeout(hoverTimer);
  releaseThumbnails(card);
  card.replaceChildren();
  card.hidden = i < 0;
  canvas.dataset.hoverId = i < 0 ? "" : points.ids[i];
  canvas.classList.toggle("pointing", i >= 0);
  redraw();
  if (i < 0) return;
  const { c } = state();
  const id = points.ids[i];
  const img = el("img", { alt: "" });
  const name = el("span", { class: "labels" });
  card.append(el("span", { class: "frame" }, img), name);
  showThumbnail(img, c, { id }, 256);
  moveCard();
  // Names are asked for only where the pointer rests.
  hoverTimer = setTimeout(async () => {
    try {
      const image = await api.image(c, id);
      if (hovered !== i) return;
      img.alt = altText(image);
      name.textContent = image.labels.map((label) => label.name).join(", ") || image.name;
      if (document.activeElement === canvas) announce(altText(image));
    } catch {
      // The thumbnail, or its absence, says enough.
    }
  }, 150);
}

function moveCard() {
  if (hovered < 0) return;
  const { width, height } = size();
  const [x, y] = [screenX(hovered), screenY(hovered)];
  const left = x + 190 > width ? x - 184 : x + 16;
  const top = Math.min(Math.max(8, y - 80), height - 190);
  card.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(top)}px)`;
}

function hoverAt(px, py) {
  if (!points) return;
  const { width, height } = size();
  const x = view.x + (px - width / 2) / view.scale;
  const y = view.y + (py - height / 2) / view.scale;
  hover(points.nearest(x, y, 14 / view.scale));
  moveCard();
}

/** By keyboard the middle of the map is the pointer. */
function hoverCentre(widely) {
  if (!points || document.activeElement !== canvas) return;
  hover(points.nearest(view.x, view.y, (widely ? 200 : 60) / view.scale));
  moveCard();
}

const open = () => hovered >= 0 && go({ item: String(points.ids[hovered]) });

// Pointers and keys.

followPointers(canvas, {
  pan,
  zoom: zoomAt,
  hover: hoverAt,
  leave: () => hover(-1),
  click: (x, y) => {
    hoverAt(x, y);
    open();
  },
});

canvas.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (moves[event.key]) {
    pan(...moves[event.key]);
    hoverCentre(true);
  } else if (event.key === "+" || event.key === "=") glide(1.8);
  else if (event.key === "-") glide(1 / 1.8);
  else if (event.key === "0") reset();
  else if (event.key === "Enter") hovered >= 0 ? open() : hoverCentre(true);
  else if (event.key === "Escape") hover(-1);
  else return;
  event.preventDefault();
});
canvas.addEventListener("blur", () => hover(-1));

const controls = byId("map-controls");
controls.append(
  button("+", () => glide(1.8), { "aria-label": "Zoom in", "data-testid": "map-zoom-in" }),
  button("−", () => glide(1 / 1.8), { "aria-label": "Zoom out", "data-testid": "map-zoom-out" }),
  button("⤢", reset, { "aria-label": "Show everything", title: "Show everything", "data-testid": "map-reset" }),
);
