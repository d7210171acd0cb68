// What the tree makes of the wire format; runs in node alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeNodes, filterNodes, visible, below, isLeaf, startOpen } from "../../workbench/notebook/static/nodes.js";

const row = (depth, step, name, types, more = {}) =>
  [depth, step, name, types, more.present ?? 2, more.of ?? 2, 0, 0, more.distinct ?? 2, more.examples ?? [], more.words ?? null, more.flags ?? [], 2];
const WIRE = JSON.stringify({ documents: 1, left_out: "", nodes: [
  row(0, "$", "$", ["object"]), row(1, ".data", "data", ["list"]), row(2, "[*]", "(each)", ["object"]),
  row(3, ".number", "number", ["text"], { examples: ["A-1", "O'Brien"] }), row(3, ".note", "note", ["null", "text"], { present: 1 }),
  row(1, ".count", "count", ["number"]),
] });

test("a node's place is the steps down to it", () => {
  const { nodes } = decodeNodes(WIRE);
  assert.deepEqual(nodes.map((node) => node.path), ["$", "$.data", "$.data[*]", "$.data[*].number", "$.data[*].note", "$.count"]);
});

test("the members of a list are shown as the list", () => {
  const { nodes } = decodeNodes(WIRE);
  assert.deepEqual(below(nodes[1]).map((node) => node.name), ["number", "note"]);
  assert.deepEqual(visible(nodes, startOpen(nodes), null).map((node) => node.name), ["$", "data", "number", "note", "count"]);
});

test("searching keys and values keeps the way to each hit", () => {
  const { nodes } = decodeNodes(WIRE);
  const { kept, matched } = filterNodes(nodes, { query: "o'br" });
  assert.deepEqual([...matched], ["$.data[*].number"]);
  assert.deepEqual(visible(nodes, new Set(), kept).map((node) => node.name), ["$", "data", "number"]);
});

test("filters look at values only", () => {
  const { nodes } = decodeNodes(WIRE);
  const names = (filter, mapped) => visible(nodes, new Set(), filterNodes(nodes, { filter, mapped }).kept).filter(isLeaf).map((node) => node.name);
  assert.deepEqual(names("always"), ["number", "count"]);
  assert.deepEqual(names("unmapped", new Set(["$.count"])), ["number", "note"]);
});

test("a hundred thousand nodes are filtered", () => {
  const many = [row(0, "$", "$", ["object"])];
  for (let index = 0; index < 100000; index += 1) many.push(row(1, `.k${index}`, `k${index}`, ["text"]));
  const { nodes } = decodeNodes(JSON.stringify({ documents: 1, left_out: "", nodes: many }));
  assert.equal(filterNodes(nodes, { query: "k99999" }).matched.size, 1);
});
