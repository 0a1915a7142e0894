// Pointers over a surface: one drags, two pinch, a wheel zooms, and what hardly moved was a click.

/**
 * Calls `pan(dx, dy)`, `zoom(factor, x, y)`, `hover(x, y)`, `leave()` and `click(x, y)`, all in the element's pixels.
 */
export function followPointers(element, { pan, zoom, hover, leave, click }) {
  const pointers = new Map();
  let travelled = 0;

  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (pointers.size === 1) travelled = 0;
  });

  element.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return hover(event.offsetX, event.offsetY);
    const now = { x: event.offsetX, y: event.offsetY };
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    travelled += Math.abs(now.x - last.x) + Math.abs(now.y - last.y);
    if (travelled > 6) leave();
    if (!other) return pan(now.x - last.x, now.y - last.y);
    const distance = (p) => Math.max(10, Math.hypot(p.x - other.x, p.y - other.y));
    pan((now.x - last.x) / 2, (now.y - last.y) / 2);
    zoom(distance(now) / distance(last), (now.x + other.x) / 2, (now.y + other.y) / 2);
  });

  const release = (event) => {
    const clicked = event.type === "pointerup" && pointers.size === 1 && travelled <= 6;
    pointers.delete(event.pointerId);
    if (clicked) click(event.offsetX, event.offsetY);
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", () => pointers.size || leave());

  const wheel = (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    // A pinch on a touchpad comes as a wheel with the control key, in small steps.
    zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY);
    hover(event.offsetX, event.offsetY);
  };
  element.addEventListener("wheel", wheel, { passive: false });
}
