// Renders /openapi.json: operations by tag, then errors by their code, then schemas.

import { send } from "./api.js";
import { byId, el } from "./dom.js";
import { bounds, prose, resolve, setDocument, type } from "./schema.js";
import { errorNotice } from "./views.js";

const methods = ["get", "post", "put", "patch", "delete"];
const page = byId("main");
const contents = byId("contents");

let root = {};

const paragraph = (text, attributes) => text && el("p", attributes, prose(text));

function table(head, rows) {
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell))))),
    ),
  );
}

const named = (name, required) => [
  el("code", { text: name }),
  required && el("span", { class: "required", text: " required" }),
];

function described(description, schema) {
  const own = resolve(schema) ?? {};
  return [...prose([description ?? own.description, bounds(own)].filter(Boolean).join(" "))];
}

function properties(schema) {
  const rows = Object.entries(schema.properties).map(([name, value]) => [
    named(name, schema.required?.includes(name)),
    type(value),
    value.$ref ? prose(value.description) : described(value.description, value),
  ]);
  return table(["Field", "Type", "Meaning"], rows);
}

// Operations.

function parametersOf(item, operation) {
  return [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
}

function curl(path, method, item, operation) {
  const samples = { collection: "default", image: "1", job: "JOB" };
  const required = parametersOf(item, operation).filter((one) => one.in === "query" && one.required);
  const query = required.map(({ name }) => `${name}=dalmatian`).join("&");
  const place = path.replace(/\{(\w+)\}/g, (_, name) => samples[name] ?? name);
  const implied = method === "get" || (method === "post" && operation.requestBody); // curl knows these by itself
  const verb = implied ? "" : `-X ${method.toUpperCase()} `;
  const start = `curl ${verb}'${location.origin}${place}${query ? `?${query}` : ""}'`;
  const content = operation.requestBody?.content;
  if (path.endsWith("/thumbnail") || path.endsWith("/original")) return [`${start} -o picture.jpg`];
  if (path.endsWith("/events")) return [`${start} -N`];
  if (!content) return [start];
  const examples = [];
  for (const [media, { example }] of Object.entries(content)) {
    if (example === undefined) continue;
    const text = typeof example === "string" ? example : JSON.stringify(example);
    // $'…' lets a shell read line ends as \n.
    const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n");
    const quoted = text.includes("\n") ? `$'${escaped}'` : `'${text}'`;
    examples.push(`${start} -H 'content-type: ${media}' --data-binary ${quoted}`);
  }
  if (content["image/jpeg"]) examples.push(`${start} -H 'content-type: image/jpeg' --data-binary @picture.jpg`);
  return examples;
}

function bodyRows(content) {
  const groups = new Map(); // Picture types share a schema; one row is enough for them.
  for (const [media, { schema }] of Object.entries(content)) {
    const key = JSON.stringify(schema ?? {});
    groups.set(key, { schema, medias: [...(groups.get(key)?.medias ?? []), media] });
  }
  return [...groups.values()].map(({ schema, medias }) => [
    medias.flatMap((media, i) => [i ? el("br") : "", el("code", { text: media })]),
    type(schema),
  ]);
}

function responseRows(responses) {
  return Object.entries(responses).map(([status, reference]) => {
    const response = resolve(reference);
    const schema = Object.values(response.content ?? {})[0]?.schema;
    return [el("code", { text: status }), prose(response.description), status < 400 && schema ? type(schema) : ""];
  });
}

function operationSection(path, method, item, operation) {
  const parameters = parametersOf(item, operation);
  const inline = Object.values(resolve(operation.responses["200"])?.content ?? {})[0]?.schema;
  return el(
    "section",
    { id: operation.operationId, "data-testid": "docs-operation" },
    el("h3", { text: operation.summary ?? operation.operationId }),
    el("p", { class: "route" }, el("span", { class: "method", text: method.toUpperCase() }), path),
    paragraph(operation.description),
    parameters.length > 0 && [
      el("h4", { text: "Parameters" }),
      table(
        ["Name", "In", "Type", "Meaning"],
        parameters.map((one) => [
          named(one.name, one.required),
          one.in,
          type(one.schema),
          described(one.description, one.schema),
        ]),
      ),
    ],
    operation.requestBody && [
      el("h4", { text: "Body" }),
      table(["Content type", "Form"], bodyRows(operation.requestBody.content)),
    ],
    el("h4", { text: "Answers" }),
    table(["Status", "Meaning", "Form"], responseRows(operation.responses)),
    inline?.properties && [el("h4", { text: "Fields of the answer" }), properties(inline)],
    el("h4", { text: "Example" }),
    el("pre", { tabindex: 0, text: curl(path, method, item, operation).join("\n\n") }),
  );
}

// Errors.

/** The parts of a response's description: "`code`, `code`: what they mean." and so on. */
function meanings(description) {
  const heads = [...description.matchAll(/((?:`[a-z-]+`(?:, )?)+)(?:: |$)/g)];
  return heads.map((head, i) => [
    [...head[1].matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
    description.slice(head.index + head[0].length, heads[i + 1]?.index).trim(),
  ]);
}

/** Every code of the responses' descriptions, with its status and the operations that answer it. */
function errors(operations) {
  const found = new Map();
  for (const { operation } of operations) {
    for (const [status, reference] of Object.entries(operation.responses)) {
      const { description = "" } = resolve(reference);
      if (status < 400) continue;
      for (const [codes, meaning] of meanings(description)) {
        for (const code of codes) {
          const entry = found.get(code) ?? { code, status, meaning, operations: [] };
          if (!entry.operations.includes(operation)) entry.operations.push(operation);
          found.set(code, entry);
        }
      }
    }
  }
  return [...found.values()].sort((one, other) => one.status - other.status);
}

function errorSection({ code, status, meaning, operations }, count) {
  const links = operations.flatMap((one, i) => [
    i ? ", " : "",
    el("a", { href: `#${one.operationId}`, text: one.summary ?? one.operationId }),
  ]);
  const many = operations.length === count ? "every operation" : `${operations.length} of ${count} operations`;
  return el(
    "section",
    { id: code, "data-testid": "docs-error" },
    el("h3", {}, el("code", { text: code }), ` · ${status}`),
    el("p", {}, prose(meaning.charAt(0).toUpperCase() + meaning.slice(1))),
    el("p", { class: "quiet" }, "Answered by: ", operations.length > 8 ? many : links),
  );
}

function schemaSection(name, schema) {
  return el(
    "section",
    { id: `schema-${name}`, "data-testid": "docs-schema" },
    el("h3", { text: name }),
    paragraph(schema.description),
    schema.properties ? properties(schema) : el("p", {}, type(schema), ". ", bounds(schema)),
    schema.oneOf && schema.properties && el(
      "p",
      { class: "quiet" },
      "Exactly one of ",
      schema.oneOf.flatMap((one, i) => [i ? ", " : "", el("code", { text: (one.required ?? []).join(" and ") })]),
      ".",
    ),
  );
}

function render() {
  const operations = [];
  for (const [path, item] of Object.entries(root.paths)) {
    for (const method of methods) if (item[method]) operations.push({ path, method, item, operation: item[method] });
  }
  page.replaceChildren(
    el("h1", { text: `${root.info.title} API ${root.info.version}` }),
    ...[paragraph(root.info.summary), paragraph(root.info.description)].filter(Boolean),
    el(
      "section",
      { id: "keys" },
      el("h2", { text: "Keys" }),
      paragraph(
        "Where the server asks for a key, send it with each request: as `x-api-key: KEY` or as " +
          "`Authorization: Bearer KEY`. A server that only this computer can reach may go without.",
      ),
    ),
  );
  const part = (title, description, id, sections, links) => {
    page.append(
      el("h2", { id, text: title }),
      ...[paragraph(description, { class: "quiet" })].filter(Boolean),
      ...sections,
    );
    contents.append(el("h2", { text: title }), ...links.map(([target, text]) => el("a", { href: `#${target}`, text })));
  };
  for (const { name, description } of root.tags) {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    const links = own.map(({ operation }) => [operation.operationId, operation.summary ?? operation.operationId]);
    part(
      name,
      description,
      `tag-${name}`,
      own.map((one) => operationSection(one.path, one.method, one.item, one.operation)),
      links,
    );
  }
  const codes = errors(operations);
  part(
    "Errors",
    "An error is a problem document (RFC 9457) whose `code` is stable.",
    "errors",
    codes.map((one) => errorSection(one, operations.length)),
    codes.map(({ code }) => [code, code]),
  );
  const schemas = Object.entries(root.components.schemas);
  part(
    "Schemas",
    "",
    "schemas",
    schemas.map(([name, schema]) => schemaSection(name, schema)),
    schemas.map(([name]) => [`schema-${name}`, name]),
  );
  page.setAttribute("aria-busy", "false");
  // The address's place was not there yet when the page was loaded; setting it again makes it the target.
  const { hash } = location;
  if (!hash) return;
  history.replaceState(null, "", location.pathname);
  location.replace(hash);
}

async function start() {
  try {
    root = await (await send("/openapi.json")).json();
    setDocument(root);
    render();
  } catch (error) {
    page.replaceChildren(errorNotice(error, { retry: start }));
  }
}

start();
