// Getting in: the connection's form, made from the kinds of authentication; and starting from what the merchant sent.

import { h } from "./dom.js";

const NAMES = { username: "USER", value: "KEY" };
const REFERRED = new Set(["username", "client_id", "consumer_key", "access_key"]);

// The name of the reference that stands for a field: NORTHWIND_PASSWORD.
export function referenceOf(prefix, field, part = "") {
  return [prefix, part.toUpperCase(), NAMES[field.name] || field.name.toUpperCase()].filter(Boolean).join("_");
}

// Whether a field is typed into a hidden box and kept outside the mapping.
export function isReferred(field) {
  return field.secret || REFERRED.has(field.name);
}

export function connectPanel(told, { prefix, base, kind, signIn, onKind, onConnect, onCancel }) {
  const form = told.forms.find((one) => one.kind === kind) || told.forms[0];
  const auth = told.connection.auth || {};
  const known = auth.kind === form.kind ? auth : {};
  const url = h("input", { class: "wb-input wb-wide", "data-base-url": "", "data-where": "connection.base_url", "data-keep": "base url", "data-focus": "base url", "aria-label": "Base URL", placeholder: "https://api.merchant.example/v2", value: base });
  const zone = h("input", { class: "wb-input", "data-zone": "", "data-where": "timezone", "data-keep": "zone", "data-focus": "zone", "aria-label": "Time zone", placeholder: "time zone, Europe/Berlin", size: "18", value: told.timezone });
  const kinds = h("select", { "data-kind": "", "data-focus": "kind", "aria-label": "Authentication", onchange: (event) => onKind(event.target.value) },
    told.forms.map((one) => h("option", { value: one.kind, text: one.label, selected: one.kind === form.kind })));
  const boxes = form.fields.map((field) => [field, fieldBox(field, { prefix, mark: "auth", name: field.name, keep: `auth ${form.kind} ${field.name}`, where: `connection.auth.${field.name}`, known: known[field.name] })]);
  const parts = told.parts.map((part) => {
    const said = part.kind ? told.connection[part.kind] || {} : told.connection;
    const name = (field) => (part.kind ? `${part.kind}.${field.name}` : field.name);
    return [part, said, part.fields.map((field) => [field, fieldBox(field, { prefix, mark: "part", name: name(field), part: part.kind, keep: `part ${name(field)}`, where: `connection.${name(field)}`, known: said[field.name] })])];
  });
  const first = boxes.filter(([field]) => field.required || isReferred(field));
  const others = boxes.filter(([field]) => !field.required && !isReferred(field));
  const advanced = parts.some(([part, said]) => part.fields.some((field) => said[field.name] !== undefined));

  function asked() {
    const secrets = {};
    const settings = said(boxes, known, prefix, "", secrets);
    const more = Object.fromEntries(parts.map(([part, before, fields]) => [part.kind, said(fields, before, prefix, part.kind, secrets)]));
    return { base_url: url.value.trim(), kind: form.kind, settings, more, timezone: zone.value.trim(), secrets };
  }

  const made = h("form", { class: "wb-connect", "aria-label": "Connection", onsubmit: (event) => { event.preventDefault(); onConnect(asked(), made, false); } },
    h("p", {}, h("strong", { text: "Where is the API, and how do we get in? " }), "What you type into the hidden boxes is kept in .env, never in the notebook or the mapping. A box left empty is a secret that the environment has already."),
    h("div", { class: "wb-line" }, url, zone, kinds, h("span", { class: "wb-hint", text: form.meaning })),
    first.length > 0 && h("div", { class: "wb-grid" }, first.map(labelled)),
    others.length > 0 && h("details", { "data-keep": `auth ${form.kind} more` }, h("summary", { "data-auth-more": "", text: "More settings" }), h("div", { class: "wb-grid" }, others.map(labelled))),
    h("details", { class: "wb-advanced", "data-keep": "advanced", open: advanced }, h("summary", { "data-advanced": "", text: "Certificates, rate, retries, cache, time" }),
      h("div", { class: "wb-parts" }, parts.map(([part, , fields]) => h("fieldset", { class: "wb-part-of" }, h("legend", { text: part.label }), h("p", { class: "wb-hint", text: part.meaning }), h("div", { class: "wb-grid" }, fields.map(labelled)))))),
    form.kind === told.by_browser && signIn,
    h("div", { class: "wb-line" }, h("button", { type: "submit", class: form.kind === told.by_browser ? "" : "wb-primary", "data-connect": "", "data-focus": "connect", text: "Connect" }),
      form.kind === told.by_browser && h("button", { type: "button", class: "wb-primary", "data-sign-in": "", "data-focus": "sign in", onclick: () => onConnect(asked(), made, true), text: told.signed_in ? "Sign in again" : "Connect and sign in" }),
      form.kind === told.by_browser && told.signed_in && h("span", { class: "wb-hint", "data-signed-in": "", text: "Signed in: a token is kept on this machine." }),
      onCancel && h("button", { type: "button", onclick: onCancel, text: "Cancel" })));
  return made;
}

function labelled([field, box]) {
  return h("label", { class: "wb-transform", title: field.help }, h("span", { text: field.label }), box);
}

// What the boxes hold; what is secret stands there as a reference, and its typed value goes into `secrets`.
function said(boxes, known, prefix, part, secrets) {
  const settings = {};
  for (const [field, box] of boxes) {
    const typed = box.type === "checkbox" ? box.checked : box.value;
    if (!isReferred(field)) settings[field.name] = typed;
    else if (typed || (field.required && !part) || known[field.name]) {
      const name = referenceOf(prefix, field, part);
      const reference = known[field.name] || `\${${name}}`;
      settings[field.name] = reference;
      const inside = /\$\{(\w+)\}/.exec(reference);
      if (typed) secrets[inside ? inside[1] : name] = typed;
    }
  }
  return settings;
}

// What the file says, as it is typed.
function shownValue(field, known) {
  if (known === undefined || known === null) return "";
  if (Array.isArray(known) && ["statuses", "hosts"].includes(field.sort)) return known.join(" ");
  if (typeof known !== "object") return String(known);
  return field.sort === "pairs" ? Object.entries(known).map(([name, value]) => `${name}: ${value}`).join("\n") : JSON.stringify(known, null, 1);
}

function fieldBox(field, { prefix, mark, name, part = "", keep, where, known }) {
  if (isReferred(field)) {
    const reference = referenceOf(prefix, field, part);
    return h("input", { class: "wb-input", type: "password", autocomplete: "off", "data-secret": reference, "data-where": where, "data-focus": keep, placeholder: known ? String(known) : reference });
  }
  const props = { class: "wb-input", [`data-${mark}`]: name, "data-where": where, "data-keep": keep, "data-focus": keep };
  const shown = shownValue(field, known);
  if (field.choices.length) return h("select", props, field.choices.map((word) => h("option", { value: word, text: word, selected: word === (shown || field.default) })));
  if (field.sort === "flag") return h("input", { ...props, class: "", type: "checkbox", checked: shown ? shown === "true" : Boolean(field.default) });
  if (field.lines || field.sort === "pairs" || field.sort === "data" || field.sort === "conditions") return h("textarea", { ...props, rows: "2", placeholder: field.sort === "pairs" ? "name: value, one a line" : "", value: shown });
  const hint = field.sort === "pem" ? `\${${prefix}_${field.name.toUpperCase()}} or a file` : field.default === null || field.default === undefined ? "" : [].concat(field.default).join(" ");
  return h("input", { ...props, inputmode: ["number", "count", "span", "seconds"].includes(field.sort) ? "decimal" : null, placeholder: hint, value: shown });
}

export function importPanel(found, { onRead, onUse, onAsk, onCancel }) {
  const text = h("textarea", { class: "wb-input wb-code", rows: "3", "data-import": "", "data-keep": "import", "data-focus": "import", spellcheck: "false", "aria-label": "What the merchant sent",
    placeholder: "paste a curl line, an example URL, an OpenAPI document, a Postman collection, a HAR, a WSDL, a GraphQL schema - or the path of a file" });
  const file = h("input", { type: "file", "data-import-file": "", "aria-label": "A file that the merchant sent", onchange: async () => { if (file.files[0]) onRead(await file.files[0].text()); } });
  const path = h("input", { class: "wb-input", "data-import-graphql": "", "data-keep": "graphql path", "aria-label": "Path of the GraphQL endpoint", placeholder: "/graphql", size: "10" });
  return h("section", { class: "wb-connect", "aria-label": "Start from what the merchant sent" },
    h("form", { class: "wb-stack", onsubmit: (event) => { event.preventDefault(); if (text.value.trim()) onRead(text.value); } }, text,
      h("div", { class: "wb-line" }, h("button", { type: "submit", class: "wb-primary", "data-import-read": "", text: "Read it" }), file,
        h("span", { class: "wb-hint", text: "or ask a GraphQL API:" }), path, h("button", { type: "button", "data-import-ask": "", onclick: () => onAsk(path.value.trim() || "/graphql"), text: "Ask for its schema" }),
        h("button", { type: "button", onclick: onCancel, text: "Cancel" }))),
    found && found.notes.map((note) => h("p", { class: "wb-problem", text: note })),
    found && h("div", { class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "Calls to choose from" }, h("table", { class: "wb-table" },
      h("caption", { text: `${found.total} calls, the likeliest searches first` }),
      h("tbody", {}, found.calls.map((one, index) => h("tr", {}, h("td", {}, h("button", { "data-import-use": String(index), onclick: () => onUse(index), text: "Use" })),
        h("td", {}, one.label, !one.reads && h("span", { class: "wb-part", text: "may write" }), one.notes.map((note) => h("div", { class: "wb-hint", text: note }))),
        h("td", {}, h("code", { text: `${one.method.toUpperCase()} ${one.path}` })),
        h("td", { text: one.inputs.map((input) => `{${input}}`).join(" ") })))))));
}
