"use strict";
/* Draws what `contents` tells: two graphs of boxes within boxes, and what is known of the box that is chosen. */
(async () => {
  const element = (id) => document.getElementById(id);
  if (!window.DecompressionStream) {
    element("facts").textContent = "This browser is too old for the page: it cannot read compressed data.";
    return;
  }
  const contents = await unpack(element("contents").textContent);
  const graphNumbers = new Map(contents.graph.map((node, i) => [node.name, i]));

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  const NS = "http://www.w3.org/2000/svg";

  /* Elements of HTML and SVG. Text from the module is only ever set as text. */
  function make(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    Object.assign(made, properties);
    made.append(...children.filter((child) => child !== null));
    return made;
  }
  function shape(tag, attributes, ...children) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const duration = (seconds) =>
    seconds >= 1 ? `${seconds.toFixed(2)} s` : seconds >= 1e-3 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${(seconds * 1e6).toFixed(0)} µs`;
  const dims = (sizes) => (sizes ? `[${sizes.map((n) => n ?? "?").join(", ")}]` : "of any shape");
  const digits = (value) => (Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(4));

  /* A tree of scopes over the nodes of a graph.
     Weights and constants, and what is computed of them alone, are not drawn: they belong to what reads them. */
  const MANY = 48, CHUNK = 24, DEEPEST = 64;

  /* What leads to a node: its name, and in the body of a function before it those of the calls. */
  const addressOf = (node) => node.address ?? node.name;
  const canOpen = (box) => Boolean(box?.children || box?.bodies?.length);

  class View {
    constructor(id, nodes) {
      this.id = id;
      this.nodes = [];
      this.readers = [];
      this.drawn = [];
      this.boxes = [];
      this.numbered = 0;
      this.root = this.scope("", "", null);
      this.root.open = true;
      this.grow(nodes, this.root);
      this.unfold();
      this.chosen = null;
      this.active = null;
      this.matches = new Set();
      this.moved = null;
    }

    scope(path, label, parent) {
      return { path, label, parent, children: [], open: false, laid: false, node: null, count: 0, seconds: 0, share: 0, edges: new Map() };
    }

    /* Take in the nodes of a graph, or later of the body of a function, into a scope. */
    grow(nodes, top) {
      const first = this.nodes.length;
      this.nodes.push(...nodes);
      nodes.forEach(() => this.readers.push([]));
      nodes.forEach((node, i) => node.inputs.forEach(([from]) => this.readers[from].push(first + i)));
      nodes.forEach((node, i) => {
        const behind = node.inputs.map(([from]) => from);
        const given = node.kind !== "op" || (behind.length > 0 && behind.every((from) => from < first + i && !this.drawn[from]));
        this.drawn.push(node.kind === "input" || node.fetches.length > 0 || !given);
      });
      this.plant(nodes, first, top);
      this.connect(nodes, first, top);
    }

    plant(nodes, first, top) {
      const scopes = new Map([["", top]]);
      const prefixes = new Set();
      const within = top.path && `${top.path}/`;
      nodes.forEach((node, i) => {
        if (!this.drawn[first + i]) return;
        for (let at = node.name.indexOf("/"), depth = 0; at > 0 && depth < DEEPEST; at = node.name.indexOf("/", at + 1), depth++) prefixes.add(node.name.slice(0, at));
      });
      const scopeOf = (path) => {
        if (!scopes.has(path)) {
          const cut = path.lastIndexOf("/");
          const parent = scopeOf(cut < 0 ? "" : path.slice(0, cut));
          const made = this.scope(within + path, path.slice(cut + 1), parent);
          parent.children.push(made);
          scopes.set(path, made);
        }
        return scopes.get(path);
      };
      nodes.forEach((node, i) => {
        if (!this.drawn[first + i]) return this.boxes.push(null);
        const cut = node.name.lastIndexOf("/");
        // A scope may bear the name of a node, which lies in it then.
        const parent = scopeOf(prefixes.has(node.name) ? node.name : node.name.split("/").slice(0, -1).slice(0, DEEPEST).join("/"));
        const box = { node: first + i, label: node.name.slice(cut + 1), parent, share: node.share || 0, seconds: node.seconds || 0, open: false, bodies: this.bodiesOf(node) };
        parent.children.push(box);
        return this.boxes.push(box);
      });
      this.tidy(top);
    }

    /* The functions that a node calls and that can be drawn in it; one that calls itself is drawn once, around the call. */
    bodiesOf(node) {
      return (node.bodies ?? []).filter(([, number]) => !contents.functions[number].refused && !this.isWithin(node, number));
    }
    isWithin(node, number) {
      for (let at = node.within; at; at = this.nodes[at.call].within) if (at.number === number) return true;
      return false;
    }

    /* Put the bodies of the functions that a node calls into its box, when it is first opened. */
    fill(box) {
      const caller = this.nodes[box.node];
      Object.assign(box, { path: addressOf(caller), children: [], laid: false, count: 0, edges: new Map() });
      for (const [role, number, argument] of box.bodies) {
        const called = contents.functions[number];
        const path = `${addressOf(caller)}!${role}`;
        const alone = box.bodies.length === 1;
        const top = alone ? box : this.scope(path, `${role}: ${called.name}`, box);
        if (!alone) box.children.push(top);
        const shift = this.nodes.length;
        const nodes = called.nodes.map((node) => ({
          ...node,
          inputs: node.inputs.map(([from, output]) => [from + shift, output]),
          controls: node.controls.map((from) => from + shift),
          address: `${path}!${node.name}`,
          within: { call: box.node, number, argument },
        }));
        this.grow(nodes, top);
        top.open = !alone && top.children.length <= CHUNK;
      }
    }

    /* Scopes of a single thing give way to it, and long rows of things become runs that can be opened. */
    tidy(scope) {
      scope.children = scope.children.map((child) => {
        if (child.children === undefined) return child;
        this.tidy(child);
        if (child.children.length > 1) return child;
        const only = child.children[0];
        only.label = only.label === child.label ? only.label : `${child.label}/${only.label}`;
        only.parent = scope;
        return only;
      });
      while (scope.children.length > MANY) {
        const runs = [];
        for (let at = 0; at < scope.children.length; at += CHUNK) {
          const part = scope.children.slice(at, at + CHUNK);
          const run = this.scope(`${scope.path}/${at}…`, `${part[0].label} … ${part.at(-1).label}`, scope);
          run.children = part;
          part.forEach((child) => (child.parent = run));
          runs.push(this.sum(run));
        }
        scope.children = runs;
      }
      this.sum(scope);
    }

    sum(scope) {
      scope.count = scope.share = scope.seconds = 0;
      for (const child of scope.children) {
        scope.count += child.children === undefined ? 1 : child.count;
        scope.share += child.share;
        scope.seconds += child.seconds;
      }
      return scope;
    }

    /* An edge is drawn in the innermost scope that holds both its ends, between the things there that hold them. */
    connect(nodes, first, top) {
      const path = (box) => {
        const found = [];
        for (let at = box; at; at = at.parent) found.push(at);
        return found.reverse();
      };
      const add = (from, to, control) => {
        if (!this.boxes[from] || !this.boxes[to] || from === to) return;
        const [a, b] = [path(this.boxes[from]), path(this.boxes[to])];
        let depth = 0;
        while (a[depth + 1] === b[depth + 1]) depth++;
        const [start, end] = [a[depth + 1], b[depth + 1]];
        for (const box of [start, end]) box.id ??= `b${this.numbered++}`;
        const key = `${start.id} ${end.id}`;
        const edges = a[depth].edges;
        if (!edges.has(key)) edges.set(key, { start, end, count: 0, control: true });
        const edge = edges.get(key);
        edge.count++;
        edge.control &&= control;
      };
      nodes.forEach((node, i) => {
        node.inputs.forEach(([from]) => add(from, first + i, false));
        node.controls.forEach((from) => add(from, first + i, true));
      });
      const name = (scope) => scope.children.forEach((child) => {
        child.id ??= `b${this.numbered++}`;
        if (child.children) name(child);
      });
      name(top);
    }

    /* What is open at first: outer scopes, as long as there are few boxes. */
    unfold() {
      const FEW = 36;
      let visible = this.root.children.length;
      const queue = this.root.children.filter((child) => child.children);
      while (queue.length) {
        queue.sort((a, b) => a.children.length - b.children.length);
        const next = queue.shift();
        if (visible + next.children.length > FEW) return;
        next.open = true;
        visible += next.children.length - 1;
        queue.push(...next.children.filter((child) => child.children));
      }
    }

    above(box) {
      const found = [];
      for (let at = box.parent; at && at !== this.root; at = at.parent) found.push(at);
      return found;
    }

    /* The box of a node, or of what reads it where it is not drawn. */
    boxOf(i) {
      const seen = new Set([i]);
      for (const at of seen) {
        if (this.boxes[at]) return this.boxes[at];
        this.readers[at].forEach((reader) => seen.add(reader));
      }
      return null;
    }
  }

  /* Sizes and places. */
  const HIGH = 38, HEADER = 26, PAD = 14, WIDEST = 206;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  const widthOf = (text) => pen.measureText(text).width;

  function lines(view, box) {
    if (box.node === null) {
      const told = [plural(box.count, view.id === "run" ? "step" : "op")];
      if (view.id === "run" && box.seconds) told.push(duration(box.seconds));
      return [box.label, told.join(", ")];
    }
    const node = view.nodes[box.node];
    const named = (names) => names.filter((name) => name !== "default" && name !== box.label).join(", ");
    const told = [];
    if (named(node.feeds)) told.push(named(node.feeds));
    else if (!box.label.toLowerCase().endsWith(node.op.toLowerCase())) told.push(node.op);
    if (named(node.fetches)) told.push(`→ ${named(node.fetches)}`);
    if (view.id === "run" && node.seconds) told.push(duration(node.seconds));
    else if (node.outputs[0]?.shape) told.push(dims(node.outputs[0].shape));
    return [box.label, told.join("  ") || node.op];
  }
  /* A text that is too long loses its middle: what names end in tells more than what they begin with. */
  function clip(text) {
    if (text.length > 400) text = `${text.slice(0, 100)}…${text.slice(-300)}`;
    if (widthOf(text) <= WIDEST) return text;
    let [head, tail] = [Math.floor(text.length / 3), Math.ceil((text.length * 2) / 3) - 1];
    while (head > 1 && widthOf(text.slice(0, head)) > WIDEST / 3) head--;
    while (tail > 1 && widthOf(`${text.slice(0, head)}…${text.slice(-tail)}`) > WIDEST) tail--;
    return `${text.slice(0, head)}…${text.slice(-tail)}`;
  }

  /* Places are kept: only what was opened or closed, and what is around it, is laid out again. */
  function layOut(view, scope) {
    if (scope.laid) return;
    const graph = new dagre.graphlib.Graph({ multigraph: false });
    graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 34, marginx: PAD, marginy: PAD });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const child of scope.children) {
      if (child.children && child.open) layOut(view, child);
      else {
        child.text = lines(view, child).map(clip);
        child.width = Math.max(70, Math.max(...child.text.map(widthOf)) + (canOpen(child) ? 42 : 24));
        child.height = HIGH;
      }
      graph.setNode(child.id, { width: child.width, height: child.height });
    }
    for (const edge of scope.edges.values()) {
      if (graph.hasNode(edge.start.id) && graph.hasNode(edge.end.id)) graph.setEdge(edge.start.id, edge.end.id, { weight: Math.min(edge.count, 4) });
    }
    dagre.layout(graph);
    for (const child of scope.children) {
      const at = graph.node(child.id);
      child.x = at.x - child.width / 2;
      child.y = at.y - child.height / 2 + (scope === view.root ? 0 : HEADER);
    }
    for (const edge of scope.edges.values()) {
      const found = graph.hasNode(edge.start.id) && graph.hasNode(edge.end.id) ? graph.edge(edge.start.id, edge.end.id) : null;
      edge.points = found ? found.points.map((p) => ({ x: p.x, y: p.y + (scope === view.root ? 0 : HEADER) })) : null;
    }
    const whole = graph.graph();
    scope.text = [clip(scope.node === null ? scope.label : `${scope.label}  ${view.nodes[scope.node].op}`)];
    // A function may have nothing to draw.
    if (!scope.children.length) [whole.width, whole.height] = [2 * PAD, PAD];
    scope.width = Math.max(whole.width || 0, widthOf(scope.text[0]) + 50);
    scope.height = (whole.height || 0) + (scope === view.root ? 0 : HEADER);
    scope.laid = true;
  }
  function setOpen(scope, open) {
    if (scope.open === open) return false;
    scope.open = open;
    for (let at = scope; at; at = at.parent) at.laid = false;
    return true;
  }

  /* What steps read that is made before a run: weights in another form, or constants of the graph. */
  const isWeight = (name) => contents.graph[graphNumbers.get(name)]?.kind !== "constant";

  /* Drawing. */
  const stage = element("graph");
  const world = shape("g", {});
  stage.append(shape("svg", {}, world));
  let view;
  let camera = { x: 0, y: 0, scale: 1 };

  function look() {
    world.setAttribute("transform", `translate(${camera.x} ${camera.y}) scale(${camera.scale})`);
  }
  function smooth(points) {
    const [first, ...rest] = points;
    let d = `M${first.x} ${first.y}`;
    rest.forEach((point, i) => {
      const next = rest[i + 1];
      d += next ? ` Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}` : ` L${point.x} ${point.y}`;
    });
    return d;
  }

  function drawScope(scope, into) {
    for (const child of scope.children) drawBox(child, into);
    for (const edge of scope.edges.values()) {
      if (!edge.points) continue;
      const kind = `${edge.count > 1 ? " wide" : ""}${edge.control ? " control" : ""}`;
      const [before, tip] = edge.points.slice(-2);
      const angle = (Math.atan2(tip.y - before.y, tip.x - before.x) * 180) / Math.PI;
      const line = shape("path", { class: `flow${kind}`, d: smooth(edge.points) });
      lineOf.set(edge, line);
      into.append(
        line,
        shape("path", { class: "tip", d: "M0 0L-7 -3.5L-7 3.5Z", transform: `translate(${tip.x} ${tip.y}) rotate(${angle})` }),
      );
    }
  }

  /* What is read aloud of a box. */
  function spoken(box) {
    if (box.node === null) return `${box.open ? "open" : "closed"} scope ${box.path}, ${plural(box.count, view.id === "run" ? "step" : "op")}`;
    const node = view.nodes[box.node];
    const what = node.kind === "input" ? "input " : node.fetches.length ? "output " : "";
    const calls = canOpen(box) ? `${box.open ? "open" : "closed"} call ` : "";
    return `${calls}${what}${node.name}, ${node.op}${node.outputs[0]?.shape ? ` ${dims(node.outputs[0].shape)}` : ""}`;
  }

  function drawBox(box, into) {
    const node = box.node === null ? null : view.nodes[box.node];
    const classes = ["box"];
    if (box.children && (box.open || !node)) classes.push("group");
    else if (node.kind === "input") classes.push("input");
    else if (node.fetches.length) classes.push("output");
    const hot = view.id === "run" && box.share > 0.002 && !(box.children && box.open);
    if (hot) classes.push("hot");
    const group = shape("g", { class: classes.join(" "), transform: `translate(${box.x} ${box.y})`, "data-id": box.id, tabindex: "-1", role: box.children && box.open ? "group" : "button", "aria-label": spoken(box) });
    groupOf.set(box, group);
    group.append(shape("rect", { class: "body", width: box.width, height: box.height, rx: canOpen(box) ? 9 : 5 }));
    if (hot) {
      group.append(shape("rect", { class: "heat", width: box.width, height: box.height, rx: 5, "fill-opacity": Math.min(0.6, 0.08 + box.share * 2) }));
    }
    if (node && !box.open && (node.prepared.some(isWeight) || node.inputs.some(([from]) => view.nodes[from].kind === "variable" && !view.drawn[from]))) {
      group.append(shape("rect", { class: "mark", width: 4, height: box.height, rx: 2 }));
    }
    const middle = box.width / 2;
    if (box.children && box.open) {
      group.append(shape("text", { x: 28, y: 18 }, box.text[0]));
    } else {
      group.append(
        shape("text", { x: canOpen(box) ? middle + 8 : middle, y: 16, "text-anchor": "middle" }, box.text[0]),
        shape("text", { class: "shape", x: canOpen(box) ? middle + 8 : middle, y: 30, "text-anchor": "middle" }, box.text[1]),
      );
    }
    if (canOpen(box)) {
      group.append(shape("text", { class: "turn", x: 9, y: 18, "data-turn": "1" }, box.open ? "−" : "+"));
      if (box.open) drawScope(box, group);
    }
    group.append(shape("title", {}, node ? node.name : box.path));
    into.append(group);
  }

  const groupOf = new Map(), lineOf = new Map();
  function draw() {
    const focused = world.contains(document.activeElement);
    layOut(view, view.root);
    world.replaceChildren();
    groupOf.clear();
    lineOf.clear();
    drawScope(view.root, world);
    mark();
    look();
    while (view.active && !groupOf.has(view.active)) view.active = view.active.parent;
    enter(view.active ?? groupOf.keys().next().value, focused);
  }
  /* One box at a time is reached with the Tab key, and the others from it with the arrows. */
  function enter(box, focus) {
    groupOf.get(view.active)?.setAttribute("tabindex", "-1");
    view.active = box;
    groupOf.get(box)?.setAttribute("tabindex", "0");
    if (focus) groupOf.get(box)?.focus({ preventScroll: true });
  }
  /* Show what is chosen and found; nothing moves. */
  function mark() {
    for (const [box, group] of groupOf) {
      group.classList.toggle("chosen", box === view.chosen);
      group.classList.toggle("match", view.matches.has(box));
    }
    for (const [edge, line] of lineOf) line.classList.toggle("chosen", edge.start === view.chosen || edge.end === view.chosen);
  }

  /* All of the graph, but never smaller than can be read unless it is asked for: a graph that is too long begins at its top. */
  function fit(least = 0.05) {
    const { width, height } = stage.getBoundingClientRect();
    const scale = Math.max(least, Math.min(1.25, (width - 24) / view.root.width, (height - 24) / view.root.height));
    const middle = (room, size) => (room - size * scale) / 2;
    camera = { scale, x: middle(width, view.root.width), y: Math.max(12, middle(height, view.root.height)) };
    look();
  }
  function place(box) {
    let [x, y] = [0, 0];
    for (let at = box; at && at !== view.root; at = at.parent) [x, y] = [x + at.x, y + at.y];
    return { x, y };
  }
  function centre(box) {
    const { width, height } = stage.getBoundingClientRect();
    const at = place(box);
    camera.scale = Math.max(camera.scale, 0.6);
    camera.x = width / 2 - (at.x + box.width / 2) * camera.scale;
    camera.y = height / 2 - (at.y + Math.min(box.height, height / camera.scale) / 2) * camera.scale;
    look();
  }
  /* Where a box is for the arrows: its middle, or that of its head if others lie in it. */
  function spot(box) {
    const at = place(box);
    return { x: at.x + box.width / 2, y: at.y + (box.children && box.open ? HEADER : box.height) / 2 };
  }
  /* The nearest box in a direction; what lies straight ahead is nearer than what lies aside. */
  function neighbour(box, [right, down]) {
    const from = spot(box);
    let [nearest, least] = [null, Infinity];
    for (const other of groupOf.keys()) {
      const to = spot(other);
      const ahead = (to.x - from.x) * right + (to.y - from.y) * down;
      const aside = Math.abs((to.x - from.x) * down) + Math.abs((to.y - from.y) * right);
      if (ahead > 1 && ahead + 2 * aside < least) [nearest, least] = [other, ahead + 2 * aside];
    }
    return nearest;
  }
  /* Move the graph no further than needed for a box to be seen. */
  function reveal(box) {
    const { width, height } = stage.getBoundingClientRect();
    const at = place(box), room = 24;
    const left = at.x * camera.scale + camera.x, top = at.y * camera.scale + camera.y;
    const right = left + box.width * camera.scale, bottom = top + (box.children && box.open ? HEADER : box.height) * camera.scale;
    camera.x += left < room ? room - left : Math.min(0, Math.max(width - room - right, room - left));
    camera.y += top < room ? room - top : Math.min(0, Math.max(height - room - bottom, room - top));
    look();
  }
  function find(id, scope = view.root) {
    for (const child of scope.children) {
      if (child.id === id) return child;
      const inside = child.children && child.open ? find(id, child) : null;
      if (inside) return inside;
    }
    return null;
  }

  /* Choosing, opening and closing. */
  function turn(box) {
    const before = place(box);
    if (!box.children) view.fill(box);
    setOpen(box, !box.open);
    draw();
    // What was turned stays where it was on the screen.
    const after = place(box);
    camera.x += (before.x - after.x) * camera.scale;
    camera.y += (before.y - after.y) * camera.scale;
    look();
  }
  function choose(box) {
    view.chosen = box;
    mark();
    tell(box);
    remember(box && box.node !== null ? view.nodes[box.node] : null);
  }
  /* The address leads to the node that is chosen, as #graph/NAME or #run/NAME; in a function as #graph/CALLER!ROLE!NAME. */
  function remember(node) {
    if (location.protocol !== "about:") history.replaceState(null, "", node ? `#${view.id}/${encodeURIComponent(addressOf(node)).replaceAll("%2F", "/")}` : "#");
  }
  function follow() {
    const [, id, name] = /^#(graph|run)\/(.*)$/.exec(location.hash) ?? [];
    let wanted = name;
    try {
      wanted = decodeURIComponent(name);
    } catch {
      // A name with a per cent sign of its own.
    }
    if (id) reach(id, wanted);
  }
  /* Show the node of an address, after the bodies on the way were drawn. */
  function reach(id, address) {
    const { nodes, boxes } = viewOf(id);
    for (let i = 0; i < nodes.length; i++) {
      const here = addressOf(nodes[i]);
      if (here === address) return show(id, i);
      // What is filled in comes behind, and so is looked at later.
      if (canOpen(boxes[i]) && !boxes[i].children && address.startsWith(`${here}!`)) viewOf(id).fill(boxes[i]);
    }
    return undefined;
  }
  function show(id, i) {
    if (view.id !== id) change(id);
    const box = view.boxOf(i);
    if (box) {
      const opened = view.above(box).filter((scope) => setOpen(scope, true));
      view.chosen = box;
      if (opened.length) draw();
      else mark();
      enter(box, false);
      centre(box);
    }
    tellNode(view.nodes[i]);
    remember(view.nodes[i]);
  }
  function change(id) {
    if (view) view.moved = { ...camera };
    view = viewOf(id);
    element("written").setAttribute("aria-pressed", String(id === "graph"));
    element("runs").setAttribute("aria-pressed", String(id === "run"));
    draw();
    if (view.moved) {
      camera = { ...view.moved };
      look();
    } else fit(0.7);
  }

  /* What is known of the chosen box. */
  const details = element("details");
  function link(id, i, text) {
    const button = make("button", { type: "button", className: "link", textContent: text ?? (views[id]?.nodes ?? contents[id])[i].name });
    button.addEventListener("click", () => show(id, i));
    return button;
  }
  function list(title, items, most = 12) {
    if (!items.length) return null;
    const all = items.map((item) => make("li", {}, ...[item].flat()));
    const holder = make("ul", {}, ...all.slice(0, most));
    const section = make("section", {}, make("h3", { textContent: title }), holder);
    if (all.length > most) {
      const more = make("button", { type: "button", className: "link", textContent: `${all.length - most} more` });
      more.addEventListener("click", () => {
        holder.append(...all.slice(most));
        more.remove();
      });
      section.append(more);
    }
    return section;
  }
  function rows(title, pairs) {
    const kept = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    if (!kept.length) return null;
    const body = kept.map(([name, value]) => make("tr", {}, make("th", { textContent: name, title: name }), make("td", { textContent: value })));
    return make("section", {}, title ? make("h3", { textContent: title }) : null, make("table", {}, ...body));
  }

  function tell(box) {
    if (!box) return overview();
    if (box.node === null) return tellScope(box);
    return tellNode(view.nodes[box.node]);
  }

  /* What loops and branches of TensorFlow 1 are made of; the engine runs each as a whole. */
  const HANDS_ON = new Set(["Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch"].flatMap((op) => [op, `Ref${op}`]));
  function whyEmpty(node) {
    if (node.op === "_Arg" && node.calls) return "No value to show: the call does not hand it over, as nothing that ran needed it.";
    if (node.calls) return "It ran, and gave no value: others at most wait for it.";
    if (HANDS_ON.has(node.op)) return "No value to show: a loop or branch of TensorFlow 1 runs as a whole here, and this node only hands values on within it. What reads it has them, and Exit what the loop ends with.";
    if (node.within) return "No value to show: it did not run, as the function was not called, or nothing that ran needed it.";
    return "No value to show: it did not run, as nothing that ran needed it.";
  }
  function tellNode(node) {
    const number = view.nodes.indexOf(node);
    const parts = [make("h2", { textContent: node.name }), make("p", { className: "op", textContent: node.op })];
    if (node.feeds.length) parts.push(make("p", { textContent: `${node.within ? "Argument" : "Input"} ${node.feeds.join(", ")}` }));
    if (node.fetches.length) parts.push(make("p", { textContent: `${node.within ? "Result" : "Output"} ${node.fetches.join(", ")}` }));
    if (node.calls > 1) parts.push(make("p", { textContent: `Ran ${node.calls} times; what it gave the last time is shown.` }));
    if (node.seconds) {
      const meter = make("i");
      meter.style.width = `${Math.min(100, node.share * 100)}%`;
      const rate = node.flops ? `, ${(node.flops / node.seconds / 1e9).toFixed(1)} GFLOP/s` : "";
      parts.push(
        make("p", { textContent: `${duration(node.seconds)} per run, ${(node.share * 100).toFixed(1)}% of the total${rate}` }),
        make("div", { className: "meter" }, meter),
      );
    }
    node.outputs.forEach((output, i) => parts.push(...tellTensor(output, node.outputs.length > 1 ? `Output ${i}` : node.kind === "op" ? "Output" : "Value")));
    if (!node.outputs.length && view.id === "graph") {
      parts.push(make("p", { className: "op", textContent: whyEmpty(node) }));
    }
    if (node.within) parts.push(...tellCall(node));
    parts.push(...tellFunctions(node, number));
    const drawn = [], given = [];
    for (const [from, output] of node.inputs) {
      const source = view.nodes[from];
      const told = source.outputs[output];
      const item = [link(view.id, from), make("span", { className: "op", textContent: told?.shape ? `  ${told.dtype} ${dims(told.shape)}` : "" })];
      (view.drawn[from] ? drawn : given).push(item);
    }
    for (const name of node.prepared) given.push(graphNumbers.has(name) ? link("graph", graphNumbers.get(name)) : name);
    parts.push(list("Reads", drawn), list("With weights and constants", given), list("Waits for", node.controls.map((i) => link(view.id, i))));
    parts.push(list("Read by", [...new Set(view.readers[number])].map((i) => link(view.id, i))));
    if (node.nodes?.length) parts.push(list(`Stands for ${plural(node.nodes.length, "node")}`, node.nodes.map((i) => [link("graph", i), make("span", { className: "op", textContent: `  ${contents.graph[i].op}` })])));
    if (view.id === "graph") {
      const steps = contents.run.flatMap((step, i) => (step.nodes.includes(number) ? [[link("run", i), make("span", { className: "op", textContent: `  ${step.op}` })]] : []));
      parts.push(list("Runs in", steps));
    }
    parts.push(rows("Attributes", Object.entries(node.attributes)));
    details.replaceChildren(...parts.filter((part) => part));
  }

  /* Of a node in a function: who calls it. */
  function tellCall(node) {
    const { call, number, argument } = node.within;
    const caller = view.nodes[call];
    const name = make("span", { className: "op", textContent: contents.functions[number].name });
    const parts = [make("h3", { textContent: "In the function" }), make("p", {}, name), list("Called by", [link(view.id, call)])];
    let several = false;
    for (let at = node.within; at; at = view.nodes[at.call].within) several ||= contents.functions[at.number].callers > 1;
    if (several) parts.push(make("p", { className: "op", textContent: "The function is called in several places; values are those of its last call, wherever that was." }));
    const place = Number(node.attributes.index);
    const given = node.op === "_Arg" && argument !== null && !(caller.op === "For" && place === 0) ? caller.inputs[argument + place] : undefined;
    if (given) parts.push(list(/While$|^For$/.test(caller.op) ? "Before the first turn given by" : "Given by", [link(view.id, given[0])]));
    return parts;
  }
  /* Of a node that calls functions: which, and where they are drawn. */
  function tellFunctions(node, number) {
    if (view.id === "run") {
      const there = node.functions.length && graphNumbers.has(node.name);
      return there ? [list("Calls functions, which are drawn in the graph as written", [link("graph", graphNumbers.get(node.name))])] : [];
    }
    const bodies = node.bodies ?? [];
    const parts = [];
    const items = bodies.map(([role, called]) => {
      const { name, nodes, refused } = contents.functions[called];
      const told = refused ? `not drawn: ${refused}` : view.isWithin(node, called) ? "drawn around this call" : plural(nodes.length, "node");
      return [name, make("span", { className: "op", textContent: `  ${role ? `${role}, ` : ""}${told}` })];
    });
    parts.push(list("Calls", items));
    const box = view.boxes[number];
    if (canOpen(box)) {
      const button = make("button", { type: "button", textContent: box.open ? "Close" : "Open" });
      button.addEventListener("click", () => {
        turn(box);
        tell(box);
      });
      parts.push(button);
    }
    if (node.functions.length > bodies.length) {
      parts.push(make("p", { className: "op", textContent: `${plural(node.functions.length - bodies.length, "function")} that it calls are not drawn: there are more than a page holds.` }));
    }
    return parts;
  }

  function tellTensor(told, title) {
    const parts = [make("h3", { textContent: title })];
    if (told.dtype === "Dead") return [...parts, make("p", { className: "op", textContent: "No value: it lies on a branch that was not taken." })];
    parts.push(make("p", { textContent: told.shape ? `${told.dtype} ${dims(told.shape)}` : told.dtype }));
    if (told.not_finite) parts.push(make("p", { className: "warning", textContent: `${plural(told.not_finite, "number")} not finite (NaN or infinite)` }));
    if (told.range && told.shape.length) {
      const [least, most] = told.range;
      const zeros = told.zeros > 0 ? `, ${(told.zeros * 100).toFixed(told.zeros < 0.1 ? 1 : 0)}% zeros` : "";
      const spread = told.deviation === null ? "" : ` ± ${digits(told.deviation)}`;
      parts.push(make("p", { className: "op", textContent: `mean ${digits(told.mean)}${spread}${zeros}` }));
      if (told.bars) {
        const most_in_one = Math.max(...told.bars);
        const bars = told.bars.map((n, i) => {
          const high = n ? Math.max(1.5, (Math.log1p(n) / Math.log1p(most_in_one)) * 56) : 0;
          return shape("rect", { x: i * 10 + 0.5, y: 56 - high, width: 9, height: high }, shape("title", {}, `${n}`));
        });
        parts.push(
          shape("svg", { class: "bars", viewBox: `0 0 ${told.bars.length * 10} 56`, preserveAspectRatio: "none", role: "img", "aria-label": "How the numbers are spread, on a logarithmic scale" }, ...bars),
          make("div", { className: "ends" }, make("span", { textContent: digits(least) }), make("span", { textContent: "count (logarithmic)" }), make("span", { textContent: digits(most) })),
        );
      }
    }
    if (told.pictures) parts.push(...tellPictures(told.pictures));
    if (told.elements?.length) {
      const text = told.elements.map((value) => (typeof value === "string" && told.dtype === "string" ? JSON.stringify(value) : String(value))).join(", ");
      parts.push(make("p", {}, make("code", { textContent: told.truncated ? `${text}, …` : text })));
    }
    return parts;
  }

  const STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  function colour(shade) {
    const at = (shade / 255) * (STOPS.length - 1);
    const low = Math.min(STOPS.length - 2, Math.floor(at));
    return STOPS[low].map((from, i) => from + (STOPS[low + 1][i] - from) * (at - low));
  }
  function tellPictures({ count, height, width, channels, shades }) {
    const bytes = Uint8Array.from(atob(shades), (letter) => letter.charCodeAt(0));
    const size = height * width * channels;
    const holder = make("div", { className: "pictures" });
    const shown = bytes.length / size;
    for (let i = 0; i < shown; i++) {
      const canvas = make("canvas", { width, height });
      const image = new ImageData(width, height);
      for (let at = 0; at < height * width; at++) {
        const from = i * size + at * channels;
        image.data.set([...(channels === 3 ? bytes.subarray(from, from + 3) : colour(bytes[from])), 255], at * 4);
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
      const wide = channels === 3 || shown === 1 ? 224 : 80;
      canvas.style.width = `${wide}px`;
      canvas.style.height = `${Math.max(12, Math.min(wide * 2, (wide * height) / width))}px`;
      holder.append(canvas);
    }
    const note = count > shown ? [make("p", { className: "op", textContent: `${shown} of ${count} shown` })] : [];
    return [holder, ...note];
  }

  function tellScope(scope) {
    const ops = new Map();
    const count = (box) => (box.node === null ? box.children.forEach(count) : ops.set(view.nodes[box.node].op, (ops.get(view.nodes[box.node].op) ?? 0) + 1));
    count(scope);
    const parts = [make("h2", { textContent: scope.path }), make("p", { className: "op", textContent: plural(scope.count, view.id === "run" ? "step" : "op") })];
    if (scope.seconds) parts.push(make("p", { textContent: `${duration(scope.seconds)} per run, ${(scope.share * 100).toFixed(1)}% of the total` }));
    const button = make("button", { type: "button", textContent: scope.open ? "Close" : "Open" });
    button.addEventListener("click", () => {
      turn(scope);
      tell(scope);
    });
    parts.push(button, rows("Ops", [...ops].sort((a, b) => b[1] - a[1]).map(([op, n]) => [op, String(n)])));
    details.replaceChildren(...parts.filter((part) => part));
  }

  function overview() {
    const side = (infos) => infos.map((info) => [info.name, `${info.dtype ?? info.kind} ${dims(info.shape)}${info.kind === "dense" ? "" : ` ${info.kind}`}`]);
    const slowest = contents.run.map((node, i) => [node, i]).filter(([node]) => node.seconds).sort((a, b) => b[0].seconds - a[0].seconds).slice(0, 12);
    const variables = contents.graph.map((node, i) => [node, i]).filter(([node]) => node.kind === "variable" && node.inputs.length === 0);
    const tables = contents.graph.map((node, i) => [node, i]).filter(([node]) => node.kind === "table");
    const parts = [
      make("h2", { textContent: `Signature ${contents.signature}` }),
      make("p", { textContent: contents.made_up ? "The values are of a run on inputs that were made up." : "The values are of a run on the inputs that were given." }),
      rows("Inputs", side(contents.inputs)),
      rows("Outputs", side(contents.outputs)),
      list("Slowest steps", slowest.map(([node, i]) => [link("run", i), make("span", { className: "op", textContent: `  ${node.op}, ${duration(node.seconds)}` })])),
      list(plural(variables.length, "variable"), variables.map(([node, i]) => [link("graph", i), make("span", { className: "op", textContent: node.outputs[0]?.shape ? `  ${dims(node.outputs[0].shape)}` : "" })])),
      list(plural(tables.length, "table"), tables.map(([, i]) => link("graph", i))),
    ];
    details.replaceChildren(...parts.filter((part) => part));
  }

  /* Finding. */
  function search(text) {
    const wanted = text.trim().toLowerCase();
    view.matches = new Set();
    if (!wanted) {
      element("found").textContent = "";
      mark();
      return tell(view.chosen);
    }
    const isHit = (node) => node.name.toLowerCase().includes(wanted) || node.op.toLowerCase().includes(wanted);
    const hits = view.nodes.flatMap((node, i) => (isHit(node) ? [i] : []));
    const inside = view.id === "graph" ? hidden().flatMap(([address, nodes]) => nodes.filter(isHit).map((node) => [node, `${address}!${node.name}`])) : [];
    for (const i of hits) {
      const box = view.boxes[i];
      if (!box) continue;
      // What is closed shows that there is something in it.
      const closed = view.above(box).reverse().find((scope) => !scope.open);
      view.matches.add(closed ?? box);
    }
    const count = hits.length + inside.length;
    element("found").textContent = plural(count, "node");
    mark();
    const item = (button, node) => [button, make("span", { className: "op", textContent: `  ${node.op}` })];
    const found = [...hits.map((i) => item(link(view.id, i), view.nodes[i])), ...inside.map(([node, address]) => item(leading(node, address), node))];
    details.replaceChildren(...[list(plural(count, "node"), found, 60)].filter((part) => part));
  }
  function leading(node, address) {
    const button = make("button", { type: "button", className: "link", textContent: node.name });
    button.addEventListener("click", () => reach("graph", address));
    return button;
  }
  /* The functions that are not drawn yet, each with what leads to it in one of the places where it is called. */
  function hidden() {
    const shown = new Set(view.nodes.map((node) => node.within?.number));
    const found = new Map();
    const waiting = view.nodes.map((node) => [addressOf(node), node]);
    for (const [address, node] of waiting) {
      for (const [role, number] of node.bodies ?? []) {
        if (shown.has(number) || found.has(number)) continue;
        const { nodes } = contents.functions[number];
        found.set(number, [`${address}!${role}`, nodes]);
        waiting.push(...nodes.map((inner) => [`${address}!${role}!${inner.name}`, inner]));
      }
    }
    return [...found.values()];
  }

  /* Events. */
  const boxAt = (target) => {
    const group = target.closest?.("g.box");
    return group ? find(group.getAttribute("data-id")) : null;
  };
  /* What holds the graph: the mouse, or fingers, of which two also zoom. */
  const held = new Map();
  let dragged = false;
  function grip() {
    const [a, b = a] = held.values();
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    dragged = held.size > 0;
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  window.addEventListener("pointermove", (event) => {
    const last = held.get(event.pointerId);
    if (!last) return;
    dragged ||= Math.hypot(event.clientX - last.x, event.clientY - last.y) > 4;
    if (!dragged) return;
    const before = grip();
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = grip();
    camera.x += after.x - before.x;
    camera.y += after.y - before.y;
    const { left, top } = stage.getBoundingClientRect();
    if (before.apart && after.apart) zoom(after.apart / before.apart, after.x - left, after.y - top);
    else look();
  });
  window.addEventListener("pointerup", (event) => {
    const inside = held.delete(event.pointerId) && stage.contains(event.target);
    if (!inside || dragged) return;
    const box = boxAt(event.target);
    if (box && event.target.hasAttribute("data-turn")) turn(box);
    else choose(box);
  });
  window.addEventListener("pointercancel", (event) => held.delete(event.pointerId));
  stage.addEventListener("dblclick", (event) => {
    const box = boxAt(event.target);
    if (canOpen(box)) turn(box);
  });
  function zoom(factor, x, y) {
    const scale = Math.max(0.05, Math.min(4, camera.scale * factor));
    camera.x = x - ((x - camera.x) * scale) / camera.scale;
    camera.y = y - ((y - camera.y) * scale) / camera.scale;
    camera.scale = scale;
    look();
  }
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { left, top } = stage.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - left, event.clientY - top);
    },
    { passive: false },
  );
  stage.addEventListener("focusin", (event) => {
    // The browser would scroll what is never scrolled.
    stage.scrollTo(0, 0);
    const box = boxAt(event.target);
    if (!box) return;
    enter(box, false);
    if (event.target.matches(":focus-visible")) reveal(box);
  });
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener("keydown", (event) => {
    const { width, height } = stage.getBoundingClientRect();
    const box = boxAt(event.target);
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (arrow && box && !event.shiftKey) enter(neighbour(box, arrow) ?? box, true);
    else if (arrow) [camera.x, camera.y] = [camera.x - arrow[0] * 60, camera.y - arrow[1] * 60];
    else if (box && (event.key === "Home" || event.key === "End")) enter([...groupOf.keys()].at(event.key === "Home" ? 0 : -1), true);
    else if (event.key === "+" || event.key === "=") zoom(1.25, width / 2, height / 2);
    else if (event.key === "-") zoom(0.8, width / 2, height / 2);
    else if (box && (event.key === "Enter" || event.key === " ")) {
      if (canOpen(box) && event.key === "Enter") turn(box);
      choose(box);
    } else if (event.key === "Escape") choose(null);
    else return;
    event.preventDefault();
    look();
  });
  element("find").addEventListener("input", (event) => search(event.target.value));
  for (const [button, id] of [["written", "graph"], ["runs", "run"]]) {
    element(button).addEventListener("click", () => {
      change(id);
      search(element("find").value);
    });
  }
  element("fit").addEventListener("click", () => fit());
  /* On paper there is all of the graph, wherever it was moved to. */
  window.addEventListener("beforeprint", () => {
    world.removeAttribute("transform");
    world.parentNode.setAttribute("viewBox", `0 0 ${view.root.width} ${view.root.height}`);
  });
  window.addEventListener("afterprint", () => {
    world.parentNode.removeAttribute("viewBox");
    look();
  });

  /* Made when it is first looked at. */
  const views = {};
  const viewOf = (id) => (views[id] ??= new View(id, contents[id]));
  element("handle").textContent = contents.handle;
  element("facts").textContent = [
    `signature ${contents.signature}`,
    contents.tags.length ? `tags ${contents.tags.join(", ")}` : null,
    `${plural(contents.graph.length, "node")}, run as ${plural(contents.run.filter((node) => node.kind === "op").length, "step")}`,
    contents.functions.length ? plural(contents.functions.length, "function") : null,
    `first run ${duration(contents.first_seconds)}, then ${duration(contents.seconds)}`,
  ]
    .filter(Boolean)
    .join(" · ");
  change("graph");
  overview();
  follow();
  window.addEventListener("hashchange", follow);
})();
