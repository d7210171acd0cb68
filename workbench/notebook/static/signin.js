// Signing in at the merchant's page: the address to open, and the one that the browser ended at where nobody listens.

import { h } from "./dom.js";

const LOOK = 700;

export function createSignIn({ act, say, host, onChange }) {
  let told = null;
  let timer = null;

  async function begin() {
    clearTimeout(timer);
    say("Preparing the sign-in ...");
    took(await act("sign_in"));
  }

  function took(reply) {
    if (!reply) return;
    const same = told && JSON.stringify(told) === JSON.stringify(reply);
    told = reply;
    if (reply.state === "waiting") {
      if (!same) say("Open the address, and sign in at the merchant's page");
      if (reply.listening) timer = setTimeout(look, LOOK);
    } else say(reply.state === "done" ? "Signed in" : `Not signed in: ${reply.text}`, reply.state !== "done");
    if (!same) onChange(reply.state);
  }

  async function look() {
    if (!host.isConnected) return;
    took(await act("sign_in_state"));
  }

  async function finish(address) {
    clearTimeout(timer);
    const reply = await act("sign_in_finish", { address });
    if (reply) took(reply);
    else if (told.listening) timer = setTimeout(look, LOOK);
  }

  function node() {
    if (!told) return null;
    if (told.state === "done") return h("p", { class: "wb-fine", "data-sign-in-state": "done", text: "✓ Signed in. Lookups renew it by themselves." });
    if (told.state === "failed") return h("p", { class: "wb-problem", "data-sign-in-state": "failed", text: `Not signed in: ${told.text}` });
    const address = h("input", { class: "wb-input wb-code wb-wide", readonly: true, "data-sign-in-url": "", "data-focus": "sign in url", "aria-label": "The address to open", value: told.url, onfocus: (event) => event.target.select() });
    const back = h("input", { class: "wb-input wb-code wb-wide", "data-sign-in-back": "", "data-keep": "sign in back", "data-focus": "sign in back", autocomplete: "off", spellcheck: "false", "aria-label": "The address that the browser ended at", placeholder: "the address that the browser ended at" });
    const done = () => { if (back.value.trim()) { const typed = back.value.trim(); back.value = ""; finish(typed); } };
    return h("div", { class: "wb-sign-in", role: "group", "aria-label": "Sign in", "data-sign-in-state": "waiting" },
      h("div", { class: "wb-line" }, h("a", { class: "wb-button wb-primary", href: told.url, target: "_blank", rel: "noopener noreferrer", "data-sign-in-open": "", "data-focus": "sign in open", text: "Open the merchant's page" }), address,
        h("button", { type: "button", onclick: () => { if (navigator.clipboard) navigator.clipboard.writeText(told.url); else address.select(); }, text: "Copy" })),
      h("p", { class: told.listening ? "wb-hint" : "wb-problem", text: told.listening ? "It is noticed by itself when the browser comes back. Where it ends at a page that cannot be shown, paste that page's address here:" : `The browser's way back is not listened for: ${told.text || "the redirect URI leads elsewhere"}. Paste the address that it ended at:` }),
      h("div", { class: "wb-line" }, back, h("button", { type: "button", "data-sign-in-finish": "", onclick: done, text: "Finish" })));
  }

  return { begin, node };
}
