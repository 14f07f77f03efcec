/* Draws what the list says. Every move is one of the list's own links, so nothing here knows more than the page. */
(function () {
  var source = document.getElementById("graph-data"), box = document.getElementById("graph");
  if (!source || !box || !window.cytoscape) return;
  var data = JSON.parse(source.textContent), tools = document.getElementById("graph-tools");
  var token = function (name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); };
  var ink = token("--ink"), card = token("--card"), line = token("--grey"), blue = token("--blue"), green = token("--green"), yellow = token("--yellow"), red = token("--red");
  var shapes = { person: "ellipse", company: "round-rectangle", body: "diamond", account: "hexagon", contract: "rectangle", address: "triangle" };
  var edge = { person: ink, company: blue, body: ink, account: green, contract: yellow, address: line };
  box.hidden = false;
  var narrow = box.clientWidth < 480;  // on a phone the words of the lines lie over the names; the list beside has them
  if (tools) tools.hidden = false;
  var cy = window.cytoscape({
    container: box, userZoomingEnabled: false, boxSelectionEnabled: false, autoungrabify: false,
    elements: {
      nodes: data.nodes.map(function (n) { return { data: { id: n.id, label: n.label + (n.more > 0 ? " +" + n.more : ""), kind: n.kind, href: n.href, start: n.id === data.start } }; }),
      edges: data.edges.map(function (e) { return { data: { id: "e" + e.id, source: e.source, target: e.target, label: e.label, standing: e.standing, path: e.path, href: e.href } }; })
    },
    style: [
      { selector: "node", style: { label: "data(label)", shape: function (n) { return shapes[n.data("kind")] || "ellipse"; }, "background-color": card, "border-width": 2, "border-color": function (n) { return edge[n.data("kind")] || ink; }, color: ink, "font-size": 12, "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": narrow ? 84 : 110, width: 30, height: 30, "text-outline-width": 2, "text-outline-color": token("--bg") } },
      { selector: "node[?start]", style: { "border-width": 5, width: 40, height: 40 } },
      { selector: "edge", style: { label: narrow ? "" : "data(label)", color: ink, "font-size": 11, "curve-style": "bezier", "target-arrow-shape": "triangle", width: 1.5, "line-color": line, "target-arrow-color": line, "line-style": function (e) { return e.data("standing") === "accepted" ? "solid" : e.data("standing") === "rejected" ? "dotted" : "dashed"; }, "text-background-color": token("--bg"), "text-background-opacity": 1 } },
      { selector: "edge[standing = 'accepted']", style: { "line-color": red, "target-arrow-color": red, width: 2.5 } },
      { selector: "edge[?path]", style: { width: 5, "line-color": blue, "target-arrow-color": blue } }
    ],
    layout: { name: "breadthfirst", roots: data.start ? [data.start] : undefined, directed: false, padding: 30, spacingFactor: 1.15 }
  });
  var go = function (event) { var href = event.target.data("href"); if (href) window.location.href = "?" + href + (event.target.isEdge() ? "#evidence" : ""); };
  cy.on("tap", "node", go);
  cy.on("tap", "edge", go);
  if (tools) tools.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.fit) cy.fit(undefined, 30);
    else cy.zoom({ level: cy.zoom() * Number(button.dataset.zoom), renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } });
  });
})();
