// Lists of small pictures with a word under each, and perhaps buttons. The arrows go from picture to picture.

import { altText, el } from "./dom.js";
import { go, link } from "./state.js";
import { releaseThumbnails, showThumbnail } from "./thumbs.js";

/**
 * A list for `{ image, text }`s. `actions` are `{ verb, key, symbol(), text, run(card) }`: a button on each picture, and
 * a key while the picture has the focus.
 */
export function cardList(collection, items, { label, testId, actions = [] }) {
  const list = el("ul", { class: "cards", "aria-label": label });
  list.append(...items.map((item, index) => card(collection, item, { testId, actions, isFirst: index === 0 })));
  list.addEventListener("keydown", (event) => {
    const node = event.target.closest(".card");
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
    const action = actions.find(({ key }) => key === event.key.toLowerCase());
    if (action) {
      event.preventDefault();
      return action.run(node);
    }
    const next = neighbour(list, node, event.key);
    if (!next) return;
    event.preventDefault();
    next.querySelector("a").focus();
  });
  // One picture is in the order of tabs.
  list.addEventListener("focusin", (event) => activate(list, event.target.closest(".card")));
  return list;
}

/** The card to go on with when some are taken away. */
export function cardAfter(list, gone) {
  const cards = [...list.children];
  const from = cards.indexOf(gone[0]);
  const left = (node) => !gone.includes(node);
  return cards.slice(from).find(left) ?? cards.slice(0, Math.max(0, from)).findLast(left);
}

export function removeCards(list, gone) {
  for (const node of gone) {
    releaseThumbnails(node);
    node.remove();
  }
  if (list.children.length && !list.querySelector('a[tabindex="0"]')) activate(list, list.firstChild);
}

function activate(list, node) {
  if (!node) return;
  for (const one of list.children) {
    for (const part of one.querySelectorAll("a, button")) part.tabIndex = one === node ? 0 : -1;
  }
}

function neighbour(list, node, key) {
  const cards = [...list.children];
  const index = cards.indexOf(node);
  const columns = Math.max(1, cards.filter((one) => one.offsetTop === cards[0].offsetTop).length);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (step) return cards[index + step];
  return { Home: cards[0], End: cards.at(-1) }[key];
}

function card(collection, { image, text, title }, { testId, actions, isFirst }) {
  const picture = el("img", { alt: altText(image) });
  showThumbnail(picture, collection, image, 256);
  const tab = isFirst ? 0 : -1;
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go({ item: String(image.id) });
  };
  const node = el("li", { class: "card", "data-testid": testId, "data-id": image.id });
  const buttons = actions.map(({ verb, symbol, text: name, run }) =>
    el(
      "button",
      {
        type: "button",
        class: verb,
        tabindex: tab,
        title: name,
        "aria-label": `${name}: ${image.name}`,
        "data-testid": `${testId}-${verb}`,
        onclick: () => run(node),
      },
      symbol(),
    ),
  );
  node.append(
    el(
      "a",
      { href: link({ item: String(image.id) }), tabindex: tab, title: title ?? image.name, onclick: open },
      el("span", { class: "frame" }, picture),
    ),
    el("div", { class: "card-foot" }, el("span", { class: "note", text }), buttons),
  );
  return node;
}
