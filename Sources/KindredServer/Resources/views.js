// What is shown in place of results: nothing yet, nothing found, a problem, no connection.

import { Offline, Problem } from "./api.js";
import { el, icon, plural } from "./dom.js";

/** A calm card with a title, sentences and buttons. */
export function notice({ symbol = "image", title, lines = [], actions = [], testId, role }) {
  return el(
    "div",
    { class: "notice", "data-testid": testId, role },
    icon(symbol),
    el("h2", { text: title }),
    lines.filter(Boolean).map((line) => el("p", { text: line })),
    actions.length ? el("div", { class: "actions" }, actions) : null,
  );
}

export const button = (text, onclick, attributes = {}) =>
  el("button", { type: "button", text, onclick, ...attributes });

/** Shows an error for what it is. `suggest(word)` is called when one of the server's suggestions is clicked. */
export function errorNotice(error, { retry, suggest } = {}) {
  const again = retry ? [button("Try again", retry, { "data-testid": "retry", class: "primary" })] : [];
  if (error instanceof Offline || !navigator.onLine) {
    // When the connection comes back there is no need to ask.
    if (retry) addEventListener("online", retry, { once: true });
    return notice({
      symbol: "offline",
      title: "The server can’t be reached",
      lines: ["Is it running, and are you connected to its network?"],
      actions: again,
      testId: "offline",
      role: "alert",
    });
  }
  if (!(error instanceof Problem)) {
    return notice({
      symbol: "alert",
      title: "Something went wrong",
      lines: [error.message],
      actions: again,
      testId: "problem",
      role: "alert",
    });
  }
  if (error.status === 401) {
    const enter = button("Enter a key", () => dispatchEvent(new Event("kindred-unauthorized")), { class: "primary" });
    return notice({
      symbol: "key",
      title: error.message,
      lines: [error.detail, "Whoever runs this server can make one with “kindred key create”."],
      actions: [enter],
      testId: "problem",
      role: "alert",
    });
  }
  const card = notice({
    symbol: "alert",
    title: error.message,
    lines: [
      error.detail,
      error.remedy,
      error.retryAfter > 0 && `It may work again in ${plural(error.retryAfter, "second")}.`,
    ],
    actions: error.status >= 429 || error.code === "busy" ? again : [],
    testId: "problem",
    role: "alert",
  });
  card.dataset.code = error.code ?? "";
  if (error.suggestions.length && suggest) {
    card.append(
      el("p", { class: "quiet", text: "Did you mean" }),
      el(
        "div",
        { class: "chips", "data-testid": "suggestions" },
        error.suggestions.map((word) => button(
          word,
          () => suggest(word),
          { class: "chip", "data-testid": "suggestion" },
        )),
      ),
    );
  }
  // `type` is a path of this server; anything else would be a link to somewhere that we don't know.
  if (error.type?.startsWith("/docs#")) {
    card.append(el("a", { class: "quiet", href: error.type, text: "About this error" }));
  }
  return card;
}
