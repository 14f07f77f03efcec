// Pickers: a select with data-pick becomes a search field. Without this script the select itself works; it stays the field that is posted.
// data-by="code": its values are codes. multiple: what was chosen stands below and can be taken away. data-group: the picker chooses among
// the select's groups (bodies), and the select then offers only what that group holds (offices). data-pick="own": it chooses among the
// select's own options, by a part of their words or by the initials in their data-keys; nothing is asked of the server.
(function () {
  "use strict";
  var serial = 0;
  function part(tag, css, words) { var e = document.createElement(tag); e.className = css; if (words) { e.textContent = words; } return e; }
  function make(select) {
    var n = ++serial, box = part("div", "picker"), field = document.createElement("input"), list = part("ul", "picks"), timer = 0, held = false, at = -1, asked = null;
    var many = select.multiple, chosen = part("ul", "chosen"), by = select.dataset.by || "id";
    var allowed = {}; Array.prototype.forEach.call(select.options, function (o) { if (o.value) { allowed[o.value] = o.textContent; } });
    field.type = "text"; field.setAttribute("role", "combobox"); field.setAttribute("aria-expanded", "false"); field.setAttribute("aria-autocomplete", "list"); field.setAttribute("aria-controls", "picks" + n);
    field.autocomplete = "off"; field.placeholder = select.dataset.hint || ""; field.id = select.id + "-find"; field.required = select.required; list.id = "picks" + n; list.setAttribute("role", "listbox"); list.hidden = true;
    var label = document.querySelector('label[for="' + select.id + '"]'); if (label) { label.htmlFor = field.id; list.setAttribute("aria-label", label.textContent); }
    else { field.setAttribute("aria-label", select.getAttribute("aria-label") || ""); }
    if (select.value && !many) { field.value = allowed[select.value] || ""; }
    select.required = false; select.hidden = true; select.parentNode.insertBefore(box, select); box.append(field, list, chosen, select);
    function key(row) { return String(row[by] || ""); }
    function tell() { select.dispatchEvent(new Event("change", { bubbles: true })); }
    function stand() {
      chosen.replaceChildren(); chosen.hidden = !select.selectedOptions.length;
      Array.prototype.forEach.call(select.selectedOptions, function (o) {
        var item = part("li", ""), away = part("button", "plain", "✕"); item.append(part("span", "", o.textContent), away); away.type = "button"; away.setAttribute("aria-label", (select.dataset.away || "") + " " + o.textContent);
        away.addEventListener("click", function () { o.selected = false; stand(); tell(); field.focus(); }); chosen.append(item);
      });
      field.required = field.dataset.must === "1" && !select.selectedOptions.length;
    }
    if (many) { field.dataset.must = field.required ? "1" : ""; stand(); }
    function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }
    function mark(i) { var all = options(); at = Math.max(0, Math.min(all.length - 1, i)); all.forEach(function (o, k) { o.setAttribute("aria-selected", k === at ? "true" : "false"); }); if (all[at]) { field.setAttribute("aria-activedescendant", all[at].id); all[at].scrollIntoView({ block: "nearest" }); } }
    function close() { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); at = -1; }
    function choose(row) {
      if (!allowed[key(row)]) { grow(row.id); return; }
      if (many) { Array.prototype.forEach.call(select.options, function (o) { if (o.value === key(row)) { o.selected = true; } }); field.value = ""; stand(); close(); tell(); return; }
      select.value = key(row); field.value = row.label; field.setCustomValidity(""); close(); tell();
    }
    function show(rows) {
      list.replaceChildren();
      rows.forEach(function (row, i) {
        if (!allowed[key(row)] && !row.branch) { return; }
        var item = part("li", allowed[key(row)] ? "" : "only-branch"); item.setAttribute("role", "option"); item.id = "pick" + n + "-" + i; item.row = row;
        item.append(part("span", "what", row.label));
        if (row.barred) { item.append(part("strong", "light red", "■ " + row.barred)); }
        [row.why, row.where, row.load].forEach(function (words) { if (words) { item.append(part("span", "soft small", words)); } });
        if (row.branch) { var more = part("button", "plain", "▸"); more.type = "button"; more.tabIndex = -1; more.title = select.dataset.tree || ""; more.setAttribute("aria-label", (select.dataset.tree || "") + " " + row.label); more.addEventListener("mousedown", function (e) { e.preventDefault(); e.stopPropagation(); grow(row.id); }); item.append(more); }
        item.addEventListener("mousedown", function (e) { e.preventDefault(); choose(row); });
        list.append(item);
      });
      if (!list.children.length) { var none = part("li", "soft", select.dataset.none || ""); none.setAttribute("role", "option"); none.setAttribute("aria-disabled", "true"); none.row = { id: "", label: "" }; list.append(none); }
      list.hidden = false; field.setAttribute("aria-expanded", "true"); mark(0);
    }
    function own(q) {
      q = q.toLowerCase();
      return Array.prototype.filter.call(select.options, function (o) { return o.value && (o.textContent.toLowerCase().indexOf(q) >= 0 || (" " + (o.dataset.keys || "")).indexOf(" " + q) >= 0); })
        .map(function (o) { return { id: o.value, label: o.textContent }; });
    }
    function ask(query) {
      asked = query;
      fetch("/pick/" + select.dataset.pick + "?" + query + (select.dataset.matter ? "&matter=" + select.dataset.matter : ""), { credentials: "same-origin" }).then(function (r) { return r.ok ? r.json() : { rows: [] }; })
        .then(function (answer) { if (asked === query) { show(answer.rows); } }).catch(close);
    }
    function grow(id) { ask("under=" + id); }
    function typed() { if (!many && select.value) { select.value = ""; tell(); } var q = field.value.trim(); if (select.dataset.pick === "own") { show(own(q)); return; } if (q || select.dataset.pick === "body") { ask(q ? "q=" + encodeURIComponent(q) : "under="); } else { close(); } }
    field.addEventListener("compositionstart", function () { held = true; });
    field.addEventListener("compositionend", function () { held = false; clearTimeout(timer); timer = setTimeout(typed, 120); });
    if (select.dataset.pick === "own") { field.addEventListener("click", function () { if (list.hidden) { show(own("")); } }); }
    field.addEventListener("input", function () { if (!held) { clearTimeout(timer); timer = setTimeout(typed, 120); } });
    field.addEventListener("blur", function () { setTimeout(close, 150); if (many || !select.value) { field.value = ""; } });
    field.addEventListener("keydown", function (e) {
      if (e.isComposing || e.keyCode === 229) { return; }
      var row = list.hidden || at < 0 ? null : options()[at] && options()[at].row;
      if (e.key === "ArrowDown") { e.preventDefault(); if (list.hidden) { typed(); } else { mark(at + 1); } }
      if (e.key === "ArrowUp") { e.preventDefault(); mark(at - 1); }
      if (e.key === "ArrowRight" && row && row.branch) { e.preventDefault(); grow(row.id); }
      if (e.key === "Enter" && row) { e.preventDefault(); if (row.id) { choose(row); } }
      if (e.key === "Escape") { close(); }
    });
  }
  function narrow(select) {
    var groups = Array.prototype.slice.call(select.querySelectorAll("optgroup")), first = select.options[0], whose = document.createElement("select"), own = document.querySelector('label[for="' + select.id + '"]'), label = part("label", "", select.dataset.group);
    whose.id = select.id + "-of"; whose.required = select.required; label.htmlFor = whose.id; whose.append(new Option("", ""));
    ["pick", "tree", "none", "hint", "matter"].forEach(function (name) { if (select.dataset[name]) { whose.dataset[name] = select.dataset[name]; } });
    groups.forEach(function (g) { whose.append(new Option(g.label, g.dataset.id)); g.remove(); });
    (own || select).before(label, whose);
    function offer() {
      var group = groups.find(function (g) { return g.dataset.id === whose.value; }), held = group ? Array.prototype.map.call(group.children, function (o) { return o.cloneNode(true); }) : [];
      select.replaceChildren(first.cloneNode(true)); select.append.apply(select, held); select.disabled = !group; if (held.length === 1) { select.value = held[0].value; }
    }
    whose.addEventListener("change", offer); offer(); make(whose);
  }
  document.querySelectorAll("select[data-pick]").forEach(function (select) { if (select.dataset.group) { narrow(select); } else { make(select); } });
})();
