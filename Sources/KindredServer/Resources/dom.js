// Small helpers over the DOM. Text from the server only ever becomes a text node.

/** An element with attributes and children. `text` sets the text, `on…` adds a listener; null and false leave out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

export const byId = (id) => document.getElementById(id);

/** One of the symbols of index.html. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Says something to screen readers. */
export function announce(text) {
  const region = byId("announcer");
  // The same text twice would not be read again.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

let toastTimer = 0;

/** Says something to everybody, for a while. */
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), 5000);
  announce(text);
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** Parts of a message as sentences of one text. */
export function sentences(...parts) {
  const ended = parts.filter(Boolean).map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`));
  return ended.join(" ");
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  for (; count >= 1000 && unit < 3; unit++) count /= 1000;
  return `${unit ? count.toFixed(1) : count} ${units[unit]}`;
}

/** A time of the server in the reader's own form; what can't be read is shown as it is. */
export function dateTime(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return text ?? "";
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The words that stand for an image where it can't be seen. */
export function altText(image) {
  const labels = (image.labels ?? []).map((label) => label.name);
  if (labels.length) return `${labels.join(", ")} (${image.name})`;
  return image.name ?? `Entry ${image.id}`;
}
