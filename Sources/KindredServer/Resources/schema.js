// How the API's document writes types and bounds, in words.

import { el } from "./dom.js";

let root = {};

/** The document that references are looked up in. */
export const setDocument = (document) => (root = document);

/** What a reference of the document points at. */
export function resolve(node) {
  if (!node?.$ref) return node;
  return node.$ref.slice(2).split("/").reduce((value, name) => value?.[name], root) ?? {};
}

const nameOf = (reference) => reference.slice(reference.lastIndexOf("/") + 1);

/** Text in which `words` between grave accents are code. */
export function prose(text = "") {
  return text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? el("code", { text: part }) : part));
}

/** A schema's type in a few words, with links to the schemas that it names. */
export function type(schema = {}) {
  if (schema.$ref) return [el("a", { href: `#schema-${nameOf(schema.$ref)}`, text: nameOf(schema.$ref) })];
  const either = schema.oneOf ?? schema.anyOf;
  if (either && !schema.properties) return either.flatMap((one, i) => (i ? [" or ", ...type(one)] : type(one)));
  if (schema.type === "array") return ["list of ", ...type(schema.items)];
  if (schema.enum) return schema.enum.flatMap((value, i) => [i ? ", " : "", el("code", { text: String(value) })]);
  const kinds = [schema.type ?? (schema.properties ? "object" : "anything")].flat();
  const text = kinds.join(" or ").replace("or null", "or nothing");
  if (schema.format === "binary") return ["bytes"];
  if (schema.contentEncoding === "base64") return ["base64 text"];
  if (typeof schema.additionalProperties === "object") return [`${text} of `, ...type(schema.additionalProperties)];
  return [text];
}

/** The bounds of a schema in words. */
export function bounds(schema) {
  const parts = [];
  const range = (low, high, unit) => {
    // Bounds that only say what fits into a number tell a reader nothing.
    if (high >= Number.MAX_SAFE_INTEGER) high = undefined;
    if (low !== undefined && high !== undefined) parts.push(`${low} to ${high.toLocaleString()}${unit}`);
    else if (high !== undefined) parts.push(`at most ${high.toLocaleString()}${unit}`);
    else if (low) parts.push(`at least ${low}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, " entries");
  if (schema.default !== undefined) parts.push(`${JSON.stringify(schema.default)} when left out`);
  return parts.length ? `${parts.join("; ")}.` : "";
}
