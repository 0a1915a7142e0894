// A text field with a list of completions: the combobox pattern of ARIA, with the focus left in the field.

import { el } from "./dom.js";

/**
 * - `complete(text, signal)` gives `[{ value, note }]`.
 * - `choose(value)` is called for a chosen completion.
 */
export function combobox({ input, list, complete, choose, testId }) {
  let active = -1;
  let timer = 0;
  let request = null;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.autocomplete = "off";
  input.spellcheck = false;
  list.setAttribute("role", "listbox");
  list.hidden = true;

  const options = () => [...list.children];

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function setActive(index) {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    if (active < 0) return;
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function pick(value) {
    input.value = value;
    close();
    choose(value);
  }

  function show(completions, text) {
    // An answer that comes late must not take away what the arrows have chosen, if it is still there.
    const kept = options()[active]?.dataset.value;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...completions.map(({ value, note }, index) =>
        el(
          "li",
          {
            id: `${list.id}-${index}`,
            role: "option",
            "aria-selected": "false",
            "data-testid": testId,
            "data-value": value,
            // The field would lose the focus, and the list be closed, before the click comes.
            onpointerdown: (event) => event.preventDefault(),
            onclick: () => pick(value),
          },
          el("span", { text: value }),
          el("span", { class: "note", text: note }),
        ),
      ),
    );
    list.dataset.for = text; // Whoever tests the page has to know which answer the list shows.
    list.hidden = completions.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    const index = completions.findIndex(({ value }) => value === kept);
    if (index >= 0) setActive(index);
  }

  function ask(delay) {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      request?.abort();
      request = new AbortController();
      const { signal } = request;
      try {
        const text = input.value.trim();
        const completions = await complete(text, signal);
        if (!signal.aborted && document.activeElement === input) show(completions, text);
      } catch {
        if (!signal.aborted) close(); // Completions are a help; the search itself will say what is wrong.
      }
    }, delay);
  }

  input.addEventListener("input", () => ask(120));
  input.addEventListener("focus", () => ask(0));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask(0);
      else setActive(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      pick(options()[active].dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter") {
      close();
    }
  });

  return { close };
}
