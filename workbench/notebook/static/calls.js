// Calls: what is sent, typed or pasted and then marked; the samples that came; the fetch line.

import { h } from "./dom.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const BODIES = [["", "no body"], ["json", "JSON"], ["form", "form"], ["xml", "XML"], ["soap", "SOAP: inside Body"], ["graphql", "GraphQL query"], ["text", "text"]];
const PAGES = [["", "one page"], ["next_link", "link to the next page in the answer"], ["link_header", "Link header"], ["page", "page numbers"], ["offset", "offset"], ["cursor", "cursor"], ["range", "range"]];
const MORE = { soap: "SOAPAction", graphql: '{"email": "{email}"}' };
const INPUTS = { email: "the customer's e-mail", number: "the order number" };

// Puts {name} in the place of what is selected in a box; the text that was there, or null where nothing is selected.
export function markSelection(box, name) {
  const { selectionStart: start, selectionEnd: end } = box;
  if (start === null || start === end) return null;
  const text = box.value.slice(start, end);
  box.setRangeText(`{${name}}`, start, end, "end");
  return text;
}

export function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

export function callForm(operation, call, { onSet, onCancel, onRemove, onMark, onNothing }) {
  const keep = (name) => `${operation.name} ${call ? call.name : "+"} ${name}`;
  const box = (tag, name, label, props) => h(tag, { class: "wb-input", "data-keep": keep(name), "data-focus": keep(name), "aria-label": label, ...props });
  const method = box("select", "method", "Method", { "data-call-method": "", onchange: () => show() }, []);
  method.append(...METHODS.map((one) => h("option", { value: one, text: one.toUpperCase(), selected: call ? call.method === one : one === "get" })));
  const name = box("input", "name", "Name of the call", { "data-call-name": "", size: "10", value: call ? call.name : operation.calls.length ? "" : "search", placeholder: "name" });
  const url = box("input", "url", "Path of the call, or a whole URL", { class: "wb-input wb-code wb-wide", "data-call-url": "", spellcheck: "false",
    placeholder: "/orders?email={email}, or paste an example URL", value: call ? call.url : "" });
  const headers = box("textarea", "headers", "Headers, one a line", { class: "wb-input wb-code", "data-call-headers": "", rows: "2", placeholder: "Accept: application/json", spellcheck: "false", value: call ? call.headers : "" });
  const kind = box("select", "kind", "Kind of body", { "data-call-kind": "", onchange: () => show() });
  kind.append(...BODIES.map(([value, text]) => h("option", { value, text, selected: Boolean(call) && call.body_kind === value })));
  const body = box("textarea", "body", "Body", { class: "wb-input wb-code", "data-call-body": "", rows: "6", spellcheck: "false", value: call ? call.body : "" });
  const more = box("textarea", "more", "SOAPAction, or the variables of GraphQL", { class: "wb-input wb-code", "data-call-more": "", rows: "2", spellcheck: "false", value: call ? call.more : "" });
  const reads = h("input", { type: "checkbox", "data-call-reads": "", "data-focus": keep("reads"), checked: Boolean(call && call.reads) });
  const each = h("input", { type: "checkbox", "data-call-each": "", "data-focus": keep("each"), checked: Boolean(call && call.for_each) });
  const pages = box("select", "pages", "Paging", { "data-call-pages": "" });
  pages.append(...PAGES.map(([value, text]) => h("option", { value, text, selected: Boolean(call) && (call.pages.kind || "") === value })));
  const page = Object.fromEntries([["path", "its place, $.next"], ["param", "parameter, page"], ["size", "size"], ["start", "first"]].map(([key, text]) => [key,
    box("input", `pages ${key}`, `Paging: ${text}`, { placeholder: text, size: "14", value: call ? call.pages[key] || "" : "" })]));
  let last = url;
  for (const each of [url, body, more]) each.addEventListener("focus", () => { last = each; });

  const readsBox = h("label", { class: "wb-check" }, reads, "this only reads, so it may be sampled");
  const bodyBox = h("div", { class: "wb-stack" }, body, more);
  function show() {
    readsBox.hidden = method.value === "get";
    bodyBox.hidden = !kind.value;
    more.hidden = !(kind.value in MORE);
    more.placeholder = MORE[kind.value] || "";
    if (method.value !== "get") details.open = true;
  }

  const details = h("details", { open: Boolean(call && (call.headers || call.body_kind || call.pages.kind)) }, h("summary", { "data-call-details": "", text: "Headers, body, pages" }),
    h("div", { class: "wb-stack" }, headers,
      h("div", { class: "wb-line" }, kind, readsBox, h("label", { class: "wb-check" }, each, "made for each order, with {@.id} of it")), bodyBox,
      h("div", { class: "wb-line" }, pages, Object.values(page))));
  show();

  const marks = operation.inputs.map((input) => h("button", {
    type: "button", "data-mark": input, onmousedown: (event) => event.preventDefault(),
    onclick: () => {
      const text = markSelection(last, input);
      if (text === null) onNothing();
      else onMark(input, last === url ? decoded(text) : text);
    },
  }, `is ${INPUTS[input] || input}`));

  return h("form", { class: "wb-connect wb-call-form", "aria-label": call ? `Call ${call.name}` : "New call", onsubmit: (event) => {
    event.preventDefault();
    onSet({
      operation: operation.name, name: name.value.trim() || "main", method: method.value, url: url.value, headers: headers.value, body_kind: kind.value, body: body.value,
      more: more.value, reads: method.value !== "get" && reads.checked, for_each: each.checked,
      pages: { kind: pages.value, ...Object.fromEntries(Object.entries(page).map(([key, input]) => [key, input.value.trim()])) },
    });
  } },
  h("div", { class: "wb-line" }, method, name, url, h("button", { type: "submit", class: "wb-primary", "data-call-add": "", text: "Set the call" }),
    onCancel && h("button", { type: "button", "data-call-cancel": "", onclick: onCancel, text: "Cancel" }),
    call && h("button", { type: "button", "data-call-remove": "", onclick: () => onRemove(call.name), text: "Remove" })),
  marks.length > 0 && h("div", { class: "wb-line" }, h("span", { class: "wb-hint", text: "Select the example value in the URL or body; it" }), marks),
  details);
}

export function sampleList(samples, onRemove) {
  return h("details", { class: "wb-samples" }, h("summary", { "data-samples": "", text: `${samples.length} sample${samples.length === 1 ? "" : "s"}` }),
    h("ul", {}, samples.map((one) => h("li", {}, h("code", { text: one.name }), " ", h("span", { class: "wb-hint", text: `${one.operation.replaceAll("_", " ")}, ${one.text}` }),
      h("button", { type: "button", class: "wb-x", "data-remove-sample": one.name, "aria-label": `Remove the sample ${one.name}`, title: "Remove", onclick: () => onRemove(one.name), text: "×" })))));
}
