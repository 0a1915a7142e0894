// The labels of one image: links to searches and, where the key may write, buttons to take away and a field to add.

import { api } from "./api.js";
import { combobox } from "./combobox.js";
import { announce, byId, el, icon, plural, sentences, toast } from "./dom.js";
import { go, link, noQuery } from "./state.js";

let mayWrite = false;

export const setRole = (role) => (mayWrite = role === "writer" || role === "admin");

export const mayLabel = () => mayWrite;

/** `changed(image)` is called with the server's answer to a change. */
export function labelEditor(collection, image, changed) {
  const change = async (request, text) => {
    try {
      changed(await request);
      byId("label-input")?.focus();
      announce(text);
    } catch (error) {
      toast(sentences(error.message, error.detail));
    }
  };
  const remove = (name) => change(api.removeLabel(collection, image.id, name), `Label ${name} removed`);
  const list = el("ul", { class: "chips", "aria-label": "Labels" }, image.labels.map((label) => chip(label, remove)));
  if (!mayWrite) return list;
  const add = (name) => change(api.addLabel(collection, image.id, name), `Label ${name} added`);
  return el("div", {}, list, form(collection, add));
}

function chip({ name, source, confidence }, remove) {
  const query = { ...noQuery, q: name, tab: "search" };
  const search = (event) => {
    event.preventDefault();
    go(query);
  };
  return el(
    "li",
    { class: "chip", "data-testid": "detail-label", "data-value": name },
    el("a", { href: link(query), text: name, onclick: search }),
    source === "predicted" && el("span", { class: "note", text: `guess, ${Math.round(confidence * 100)} %` }),
    mayWrite &&
      el(
        "button",
        {
          type: "button",
          "aria-label": `Remove the label ${name}`,
          title: "Remove",
          "data-testid": "label-remove",
          onclick: () => remove(name),
        },
        icon("close"),
      ),
  );
}

function form(collection, add) {
  const input = el("input", {
    id: "label-input",
    "data-testid": "label-input",
    placeholder: "Add a label",
    "aria-label": "Add a label",
    maxlength: 200,
  });
  const options = el("ul", { id: "label-options", class: "options", "aria-label": "Labels of the collection" });
  const submit = (event) => {
    event?.preventDefault();
    if (input.value.trim()) add(input.value.trim());
  };
  combobox({
    input,
    list: options,
    testId: "label-option",
    choose: () => submit(),
    complete: async (text, signal) => {
      if (!text) return []; // Nothing covers the rest of the dialog before something is typed.
      const { labels } = await api.labels(collection, text, 6, signal);
      return labels.map(({ name, count }) => ({ value: name, note: plural(count, "picture") }));
    },
  });
  return el(
    "form",
    { class: "label-form", "data-testid": "label-form", onsubmit: submit },
    input,
    options,
    el("button", { type: "submit", text: "Add", "data-testid": "label-add" }),
  );
}
