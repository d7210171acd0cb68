// The chosen field: what a click on a node may mean for it, and how its value is read. Nothing is chosen unasked.

import { fill, h, redraw } from "./dom.js";
import { candidateList, proposals } from "./fields.js";
import { rowsPanel, rulePanel } from "./values.js";
import { createCases } from "./cases.js";

export function createChosen({ host, rpc, act, say, state, fieldOf, tree, reveal, draw, focusField }) {
  let armed = "";
  let found = null;
  let words = null;
  let candidates = null;
  let choice = 0;
  let second = "";
  let clicked = null;
  const cases = createCases({ rpc, act, say, call: () => state().call, redraw: () => redraw([host, fillHost]), focusTree: () => tree.focus() });

  // A question whose answer is drawn when it comes; null where it was refused, which is told.
  async function asked(op, args) {
    try {
      return (await rpc.call(op, args)).reply;
    } catch (error) {
      say(error.message, true);
      return null;
    }
  }

  function arm(key) {
    armed = key;
    found = null;
    words = null;
    second = "";
    const field = fieldOf(armed);
    cases.choose(field);
    draw();
    say(!field ? "" : field.path ? `${field.label}: change how it is read, or click another value` : `Now click the value of ${field.label} in the tree`);
    loadWords();
    loadCandidates();
  }

  async function loadCandidates() {
    const field = fieldOf(armed);
    if (!field || field.path || !state().suggested.asked) return;
    const reply = await asked("candidates", { field: armed });
    if (!reply) return;
    candidates = { field: field.key, rows: reply.rows };
    redraw([host, fillHost]);
  }

  async function loadWords() {
    const field = fieldOf(armed);
    if (!field || !field.words || !field.path || field.cases) return;
    const reply = await asked("words", { field: armed });
    if (!reply) return;
    words = reply;
    redraw([host, fillHost]);
  }

  async function pick(node) {
    if (cases.take(node)) return;
    if (!armed) {
      say("Choose a field on the right first, then click its value here.");
      return;
    }
    clicked = node.path;
    if (!fieldOf(armed).path) second = "";
    await propose();
  }

  async function propose() {
    try {
      const { reply } = await rpc.call("propose", { field: armed, call: state().call, path: clicked, second });
      found = reply;
      choice = 0;
      fillHost();
      const first = host.querySelector("[data-choice]");
      if (first) first.focus();
      say(reply.proposals.length === 1 ? "One reading: look at the values, then use it" : `${reply.proposals.length} readings: look at the values, then use one`);
    } catch (error) {
      found = null;
      fillHost();
      say(error.message, true);
    }
  }

  async function accept() {
    const key = armed;
    const shown = found;
    found = null; // what comes back is drawn once, without the readings
    const reply = await act("assign", { field: armed, call: state().call, path: clicked, choice, second });
    if (!reply) {
      found = shown;
      fillHost();
      return;
    }
    second = "";
    cases.choose(fieldOf(armed));
    loadWords();
    focusField(key);
  }

  // Leaves the readings, or the box that waits for a node; tells whether there was something to leave.
  function cancel() {
    if (cases.release()) return true;
    if (!found) return false;
    found = null;
    fillHost();
    tree.focus();
    return true;
  }

  async function chooseRows(group) {
    const block = group.key === "order" ? "" : group.key;
    const reply = await act("keep_choices", { block });
    if (!reply) return;
    armed = "";
    found = null;
    cases.choose(null);
    fill(host, rowsPanel(group, reply.choices, { onKeep: (conditions) => act("keep", { block, conditions }), onClose: fillHost }));
    const first = host.querySelector("button");
    if (first) first.focus();
  }

  function show(field) {
    armed = field.key;
    found = null;
    cases.choose(field);
    for (const [place, fields] of Object.entries(state().places)) {
      if (!fields.includes(field.key)) continue;
      const at = place.indexOf(" ");
      reveal(place.slice(0, at), place.slice(at + 1));
      break;
    }
    draw();
    loadWords();
  }

  function fillHost() {
    const field = fieldOf(armed);
    if (!field) {
      fill(host, h("p", { class: "wb-teach", text: "Choose a field, then click its value in the tree. Each reading is tried on all samples before you take it." }));
      return;
    }
    if (found) {
      fill(host, proposals(found, { field, place: clicked, chosen: choice, second, onChoose: (index) => { choice = index; }, onAccept: accept, onCancel: cancel, onSecond: (key) => { second = key; propose(); } }));
      return;
    }
    fill(host, h("div", { class: "wb-proposals-head" }, h("strong", { text: field.label })),
      rulePanel(field, {
        words: field.words && !field.cases ? words : null,
        candidates: !field.path && candidates && candidates.field === field.key ? candidateList(candidates.rows, (rank) => act("use_suggestion", { field: field.key, rank })) : null,
        cases: cases.node(field),
        onText: (text) => act("assign_text", { field: field.key, text }),
        onNote: (text) => act("note", { field: field.key, text }),
        onPaste: async (text) => {
          const reply = await act("paste_words", { field: field.key, text });
          if (reply) await act("state");
          if (reply && reply.left.length) say(`No meaning found for ${reply.left.join(", ")}`);
          loadWords();
        },
        onWords: async (table, otherwise) => { await act("lookup", { field: field.key, table, otherwise }); loadWords(); },
        onTry: async (tried) => { try { return (await rpc.call("try", { field: field.key, ...tried })).reply; } catch (error) { return { error: error.message }; } },
        onTransform: (transforms) => act("transform", { field: field.key, transforms }),
      }));
  }

  return { arm, pick, cancel, chooseRows, show, part: [host, fillHost], armed: () => armed };
}
