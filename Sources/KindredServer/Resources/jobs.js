// The Index tab: a form that starts a job, and the jobs with their progress.

import { api, followJob } from "./api.js";
import { announce, byId, dateTime, el, plural, sentences } from "./dom.js";
import { go, noQuery } from "./state.js";
import { button, errorNotice } from "./views.js";

const form = byId("job-form");
const rootField = byId("job-root");
const folderField = byId("job-folder");
const collectionField = byId("job-collection");
const list = byId("job-list");
const place = byId("job-notice");

let session = null;
let roots = [];
let known = []; // The collections that the key may see.
let following = null; // AbortController of the stream of the job that runs
let afterJob = () => {};

const ended = (job) => ["done", "failed", "cancelled"].includes(job.state);
const mayWrite = () => session && session.role !== "reader";

/** `changed` is called when a job has ended, since a collection may be new or have grown. */
export function setUpJobs(theSession, changed) {
  session = theSession;
  afterJob = changed;
}

// Only a new collection gets a recipe from here.
function fitRecipe() {
  byId("job-recipe").disabled = known.some(({ name }) => name === collectionField.value.trim());
}

collectionField.addEventListener("input", fitRecipe);

/** Shows the tab; `collections` are what the key may see, `current` the one that is chosen. */
export async function showJobs(collections, current) {
  form.hidden = !mayWrite();
  byId("job-role").hidden = mayWrite();
  byId("job-collections").replaceChildren(
    ...collections.filter((one) => one.kind === "images").map((one) => el("option", { value: one.name })),
  );
  if (!collectionField.value) collectionField.value = current?.kind === "images" ? current.name : "default";
  known = collections;
  fitRecipe();
  if (mayWrite()) await loadRoots();
  await loadJobs();
}

/** The stream is not left open while nobody looks. */
export function leaveJobs() {
  following?.abort();
  following = null;
}

async function loadRoots() {
  try {
    roots = (await api.roots()).roots;
  } catch {
    return; // The list of jobs, asked for next, says what is wrong.
  }
  const chosen = rootField.value;
  rootField.replaceChildren(...roots.map(({ name }) => el("option", { value: name, text: name })));
  if (roots.some(({ name }) => name === chosen)) rootField.value = chosen;
  byId("job-no-roots").hidden = roots.length > 0;
  byId("job-fields").disabled = roots.length === 0;
  showFolders();
}

function showFolders() {
  const folders = roots.find(({ name }) => name === rootField.value)?.folders ?? [];
  byId("job-folders").replaceChildren(...folders.map((name) => el("option", { value: name })));
}

rootField.addEventListener("change", () => {
  folderField.value = "";
  showFolders();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const submit = byId("job-start");
  submit.disabled = true;
  place.replaceChildren();
  // Roots that share a prefix with what was typed are kept apart by the first part of the path.
  const below = folderField.value.trim().replace(/^\/+|\/+$/g, "");
  const path = below ? `${rootField.value}/${below}` : rootField.value;
  try {
    const job = await api.startJob({
      collection: collectionField.value.trim(),
      path,
      labels: byId("job-labels").value,
      recipe: byId("job-recipe").value,
    });
    announce(`Indexing of ${job.path} has been asked for`);
    await loadJobs();
  } catch (error) {
    place.replaceChildren(errorNotice(error, { suggest: (word) => (collectionField.value = word) }));
  }
  submit.disabled = false;
});

async function loadJobs() {
  try {
    const { jobs } = await api.jobs();
    // Cards of ended jobs stay the same elements, so that a click or the focus on one isn't lost.
    const old = new Map([...list.children].map((node) => [`${node.dataset.id} ${node.dataset.state}`, node]));
    list.replaceChildren(...jobs.map((job) => (ended(job) && old.get(`${job.id} ${job.state}`)) || card(job)));
    byId("job-none").hidden = jobs.length > 0;
    follow(jobs);
  } catch (error) {
    list.replaceChildren(el("li", {}, errorNotice(error, { retry: loadJobs })));
  }
}

// Jobs run one after the other, so one stream is enough: that of the oldest that hasn't ended.
async function follow(jobs) {
  following?.abort();
  const job = jobs.findLast((one) => !ended(one));
  if (!job) return;
  const stop = (following = new AbortController());
  try {
    await followJob(job.id, (update) => !stop.signal.aborted && replace(update), stop.signal);
    if (stop.signal.aborted) return;
    const now = await api.job(job.id);
    announce(`Indexing of ${now.path}: ${stateText(now)}`);
    await afterJob();
    await loadJobs();
  } catch (error) {
    if (stop.signal.aborted) return;
    place.replaceChildren(errorNotice(error, { retry: () => (place.replaceChildren(), loadJobs()) }));
  }
}

function replace(job) {
  const old = [...list.children].find((node) => node.dataset.id === job.id);
  if (!old) return;
  // A card is changed in place, so that the focus stays on its button.
  if (old.dataset.state === job.state && old.dataset.phase === (job.progress?.phase ?? "")) showProgress(old, job);
  else {
    const hadFocus = old.contains(document.activeElement);
    const now = card(job);
    old.replaceWith(now);
    if (hadFocus) now.querySelector("button")?.focus();
  }
}

function stateText(job) {
  const texts = { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled" };
  return texts[job.state] ?? job.state;
}

const phases = {
  walking: "Looking for pictures",
  embedding: "Reading pictures",
  graph: "Building the index",
  done: "Finishing",
};

function card(job) {
  const running = !ended(job);
  const node = el(
    "li",
    {
      class: `job ${job.state}`,
      "data-testid": "job",
      "data-id": job.id,
      "data-state": job.state,
      "data-phase": job.progress?.phase ?? "",
    },
    el(
      "div",
      { class: "job-head" },
      el("h3", { text: job.path }),
      el("span", { class: "badge", "data-testid": "job-state", text: stateText(job) }),
    ),
    el("p", { class: "quiet", text: `into ${job.collection} · ${dateTime(job.created)}` }),
    running && el("progress", { "aria-label": `Progress of ${job.path}`, "data-testid": "job-progress", max: 1 }),
    running && el("p", { class: "quiet", "data-testid": "job-text" }),
    job.summary && summary(job.summary),
    job.problem && el(
      "p",
      { class: "job-problem", text: sentences(job.problem.title, job.problem.detail, job.problem.remedy) },
    ),
    running && mayWrite() && button(
      "Cancel",
      (event) => cancel(job, event.target),
      { "data-testid": "job-cancel", "aria-label": `Cancel the indexing of ${job.path}` },
    ),
    job.state === "done" && button(
      "Look at it",
      () => go({ ...noQuery, c: job.collection, tab: "search" }),
      { "data-testid": "job-open" },
    ),
  );
  showProgress(node, job);
  return node;
}

function showProgress(node, job) {
  const bar = node.querySelector("progress");
  if (!bar) return;
  const { phase, completed = 0, total = 0 } = job.progress ?? {};
  if (total > 0 && phase !== "walking") bar.value = completed / total;
  else bar.removeAttribute("value");
  const counts = [completed, total].filter(Boolean).map((count) => count.toLocaleString());
  const text = [phases[phase] ?? phase, counts.join(" of ")].filter(Boolean).join(" · ");
  node.querySelector("[data-testid=job-text]").textContent = phase ? text : "Waits for the jobs before it";
}

async function cancel(job, source) {
  source.disabled = true;
  source.textContent = "Ends after this batch…";
  try {
    await api.cancelJob(job.id);
    announce("The job ends after the batch in hand");
    const now = await api.job(job.id);
    if (ended(now)) loadJobs();
  } catch (error) {
    source.disabled = false;
    source.textContent = "Cancel";
    place.replaceChildren(errorNotice(error));
  }
}

function summary(values) {
  const skipped = Object.entries(values.skipped);
  const parts = [
    ["added", values.indexed],
    ["unchanged", values.unchanged],
    ["moved", values.moved],
    ["removed", values.removed],
    ["duplicates", values.duplicates],
    ...skipped.map(([reason, count]) => [`skipped: ${reason.replaceAll("-", " ")}`, count]),
  ].filter(([, count]) => count > 0);
  const seconds = values.seconds.toLocaleString(undefined, { maximumFractionDigits: 1 });
  return el(
    "div",
    { "data-testid": "job-summary" },
    el("p", { text: `${plural(values.total, "picture")} in ${seconds} s` }),
    parts.length > 0 && el(
      "ul",
      { class: "facts" },
      parts.map(([name, count]) => el("li", {}, el("b", { text: count.toLocaleString() }), ` ${name}`)),
    ),
  );
}
