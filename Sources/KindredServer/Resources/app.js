// Starts the page: who may do what, which collections there are, and which tab is shown.

import { api, hasKey, setKey } from "./api.js";
import { showDetail } from "./detail.js";
import { byId, el, toast } from "./dom.js";
import { leaveDuplicates, showDuplicates } from "./duplicates.js";
import { leaveJobs, setUpJobs, showJobs } from "./jobs.js";
import { setRole } from "./labels.js";
import { showMap } from "./map.js";
import { title } from "./query.js";
import { searchByPicture, showSearch } from "./search.js";
import { go, noQuery, onStateChange, state } from "./state.js";
import { showSuggestions } from "./suggestions.js";
import { showTray } from "./tray.js";
import { button, errorNotice } from "./views.js";

const tabs = ["search", "map", "suggestions", "duplicates", "index"];
const switcher = byId("collection");

let session = null;
let collections = [];
let fresh = true; // whether another key or a new start may have changed what can be seen

async function start() {
  byId("start-notice").replaceChildren();
  fresh = true;
  try {
    session = await api.session();
    collections = (await api.collections()).collections;
  } catch (error) {
    collections = [];
    showSwitcher();
    return showStartNotice(errorNotice(error, { retry: start }));
  }
  setRole(session.role);
  setUpJobs(session, refreshCollections);
  byId("key-button").hidden = !session.keyed;
  byId("version").textContent = session.version;
  showSwitcher();
  const { c } = state();
  if (!c && collections.length) {
    const first = collections.find(({ name }) => name === "default") ?? collections[0];
    return go({ c: first.name }, { replace: true });
  }
  render(state(), null);
}

function showStartNotice(node) {
  byId("start-notice").replaceChildren(node);
  for (const name of tabs) byId(`panel-${name}`).hidden = true;
}

async function refreshCollections() {
  collections = (await api.collections()).collections;
  showSwitcher();
}

function showSwitcher() {
  switcher.replaceChildren(
    ...collections.map(({ name, title: text, entries }) =>
      el("option", { value: name, text: `${text || name} (${entries.toLocaleString()})` }),
    ),
  );
  switcher.hidden = collections.length === 0;
  switcher.value = chosen()?.name ?? "";
}

/** The collection of the address, by its name or its identifier. */
function chosen() {
  const { c } = state();
  return collections.find(({ name }) => name === c) ?? collections.find(({ id }) => id === c);
}

function render(s, before) {
  if (!session) return;
  const collection = chosen();
  switcher.value = collection?.name ?? "";
  const tab = s.tab;
  // Without a collection only a job can help, as it may make one.
  byId("start-notice").replaceChildren();
  for (const name of tabs) {
    byId(`panel-${name}`).hidden = name !== tab || (!collection && name !== "index");
    const button = byId(`tab-${name}`);
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
  }
  document.body.dataset.tab = tab;
  const names = { map: "Map", suggestions: "Suggestions", duplicates: "Duplicates", index: "Index" };
  const view = names[tab] ?? title(s);
  document.title = view ? `${view} – Kindred` : "Kindred";
  if (tab === "index") {
    if (before?.tab !== "index" || before.c !== s.c) showJobs(collections, collection);
  } else {
    leaveJobs();
  }
  if (!collection) {
    if (tab !== "index") byId("start-notice").replaceChildren(missingCollection(s.c));
    return;
  }
  showTray(collection.kind);
  if (tab === "search") {
    showSearch(collection, fresh);
    fresh = false;
  }
  if (tab === "map") showMap(collection);
  if (tab === "suggestions") showSuggestions(collection);
  if (tab === "duplicates") showDuplicates(collection);
  else leaveDuplicates();
  showDetail(collection);
}

function missingCollection(name) {
  if (!collections.length) {
    const node = errorNotice({ message: "Index a folder of pictures to make the first collection." });
    node.querySelector("h2").textContent = "There is no collection yet";
    node.removeAttribute("role");
    node.append(button("Index a folder", () => go({ tab: "index" }), { class: "primary" }));
    return node;
  }
  const node = errorNotice({ message: `There is no collection “${name}” that you may see. These are there:` });
  node.querySelector("h2").textContent = "No such collection";
  node.append(el(
    "div",
    { class: "chips" },
    collections.map((one) => button(one.name, () => go({ ...noQuery, c: one.name }), { class: "chip" })),
  ));
  return node;
}

onStateChange(render);
switcher.addEventListener("change", () => go({ ...noQuery, label: "", c: switcher.value }));
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  go({ ...noQuery, label: "", from: "", to: "", format: "", least: "", tab: "search" });
});

// Tabs.

for (const name of tabs) {
  byId(`tab-${name}`).addEventListener("click", () => go({ tab: name, item: "" }));
}
byId("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const name = tabs[(tabs.indexOf(state().tab) + step + tabs.length) % tabs.length];
  go({ tab: name, item: "" });
  byId(`tab-${name}`).focus();
});

// Keys.

const keyDialog = byId("key-dialog");

function askForKey() {
  byId("key-forget").hidden = !hasKey();
  if (!keyDialog.open) keyDialog.showModal();
  byId("key-input").focus();
}

async function tryKey(key, remember) {
  setKey(key, remember);
  byId("key-error").textContent = "";
  keyDialog.close();
  session = null;
  await start();
}

addEventListener("kindred-unauthorized", () => {
  if (hasKey()) byId("key-error").textContent = "This key is wrong, has expired or was revoked.";
  askForKey();
});
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = byId("key-input").value.trim();
  if (!key) return;
  byId("key-input").value = "";
  tryKey(key, byId("key-remember").checked);
});
byId("key-forget").addEventListener("click", () => tryKey("", false));
byId("key-cancel").addEventListener("click", () => keyDialog.close());
byId("key-button").addEventListener("click", askForKey);

// Theme.

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function themeChanged() {
  byId("theme-toggle").setAttribute("aria-pressed", String(isDark()));
  dispatchEvent(new Event("kindred-theme"));
}

byId("theme-toggle").addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("kindred-theme", theme);
  } catch {
    // It holds for this page then.
  }
  themeChanged();
});
dark.addEventListener("change", themeChanged);
themeChanged();

// Pictures from outside: dropped anywhere, or pasted.

const hint = byId("drop-hint");
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0; // dragenter and dragleave come for every element on the way

function showHint(change) {
  depth = change === 0 ? 0 : Math.max(0, depth + change);
  hint.hidden = depth === 0;
}

addEventListener("dragenter", (event) => holdsFiles(event) && (event.preventDefault(), showHint(1)));
addEventListener("dragleave", (event) => holdsFiles(event) && showHint(-1));
addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  showHint(0);
  take(event.dataTransfer.files);
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  if (!files.length) return;
  event.preventDefault();
  take(files);
});

function take(files) {
  if (!files.length || !chosen()) return;
  if (chosen().kind === "vectors") {
    return toast("This collection holds vectors; pictures can be searched in a collection of images");
  }
  if (files.length > 1) toast("One picture at a time: the first is searched");
  searchByPicture(files[0]);
}

// Keys of the keyboard that hold everywhere.

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  byId("search-box").focus();
  byId("search-box").select();
});

addEventListener("offline", () => toast("You are offline"));
addEventListener("online", () => toast("You are online again"));

start();
