// The merged tree as it comes over the wire, and what of it is visible.

export function decodeNodes(text) {
  if (!text) return { documents: 0, leftOut: "", nodes: [] };
  const told = JSON.parse(text);
  const steps = [];
  const open = [];
  const nodes = told.nodes.map((row, index) => {
    const [depth, step, name, types, present, of, nulls, empties, distinct, examples, words = null, flags = [], most = 0] = row;
    steps.length = depth;
    steps.push(step);
    open.length = depth;
    const parent = depth ? open[depth - 1] : null;
    const node = {
      index, depth, step, name, types, present, of, nulls, empties, distinct, examples, words, flags, most,
      path: steps.join(""), parent, children: [],
    };
    if (parent) parent.children.push(node);
    open.push(node);
    return node;
  });
  return { documents: told.documents, leftOut: told.left_out, nodes };
}

export function isLeaf(node) {
  return node.types.some((type) => type === "text" || type === "number" || type === "boolean");
}

// Members of lists are shown as their list: one row for `items[*]`, not two.
export function isFolded(node) {
  return node.step === "[*]" && node.parent !== null && !isLeaf(node) && node.parent.children.length === 1;
}

export function shownDepth(node) {
  let depth = 0;
  for (let up = node; up; up = up.parent) if (!isFolded(up)) depth += 1;
  return depth - 1;
}

export function below(node) {
  const found = [];
  for (const child of node.children) {
    if (isFolded(child)) found.push(...below(child));
    else found.push(child);
  }
  return found;
}

export function startOpen(nodes) {
  const open = new Set();
  for (const node of nodes) {
    if (node.children.length && shownDepth(node) < 3 && node.children.length <= 60) open.add(node.path);
  }
  return open;
}

export function matches(node, query) {
  if (!query) return true;
  const wanted = query.toLowerCase();
  return node.name.toLowerCase().includes(wanted) || node.examples.some((each) => each.toLowerCase().includes(wanted));
}

export function filterNodes(nodes, { query = "", filter = "all", mapped = new Set() } = {}) {
  if (!query && filter === "all") return null;
  const kept = new Set();
  const matched = new Set();
  for (const node of nodes) {
    const plain = matches(node, query) && (query || isLeaf(node));
    const fits = filter === "all" || (filter === "unmapped" && isLeaf(node) && !mapped.has(node.path)) ||
      (filter === "always" && isLeaf(node) && node.present === node.of) ||
      (filter === "differs" && isLeaf(node) && (node.distinct > 1 || node.present !== node.of)) ||
      (filter === "mapped" && mapped.has(node.path));
    if (!plain || !fits) continue;
    matched.add(node.path);
    for (let up = node; up && !kept.has(up.path); up = up.parent) kept.add(up.path);
  }
  return { kept, matched };
}

export function visible(nodes, open, kept) {
  const rows = [];
  const root = nodes[0];
  if (!root) return rows;
  const stack = [root];
  while (stack.length) {
    const node = stack.pop();
    if (kept && !kept.has(node.path)) continue;
    rows.push(node);
    if (!kept && !open.has(node.path)) continue;
    const children = below(node);
    for (let index = children.length - 1; index >= 0; index -= 1) stack.push(children[index]);
  }
  return rows;
}

// What a closed object holds, and how many a list has.
export function preview(node) {
  const names = below(node).map((child) => child.name);
  const head = names.slice(0, 4).join(", ");
  const text = names.length ? `{${head}${names.length > 4 ? ", …" : ""}}` : "";
  if (node.types.includes("list")) return `up to ${node.most} × ${text || "…"}`;
  if (node.flags.includes("map")) return `by key: ${node.examples.slice(0, 2).join(", ")}`;
  return text;
}
