// Pickers: a select with data-pick becomes a search field. Without this script the select itself works; it stays the field that is posted.
(function () {
  "use strict";
  var serial = 0;
  function part(tag, css, words) { var e = document.createElement(tag); e.className = css; if (words) { e.textContent = words; } return e; }
  function make(select) {
    var n = ++serial, box = part("div", "picker"), field = document.createElement("input"), list = part("ul", "picks"), timer = 0, held = false, at = -1, asked = null;
    var allowed = {}; Array.prototype.forEach.call(select.options, function (o) { if (o.value) { allowed[o.value] = o.textContent; } });
    field.type = "text"; field.setAttribute("role", "combobox"); field.setAttribute("aria-expanded", "false"); field.setAttribute("aria-autocomplete", "list"); field.setAttribute("aria-controls", "picks" + n);
    field.autocomplete = "off"; field.placeholder = select.dataset.hint || ""; field.id = select.id + "-find"; field.required = select.required; list.id = "picks" + n; list.setAttribute("role", "listbox"); list.hidden = true;
    var label = document.querySelector('label[for="' + select.id + '"]'); if (label) { label.htmlFor = field.id; list.setAttribute("aria-label", label.textContent); }
    if (select.value) { field.value = allowed[select.value] || ""; }
    select.required = false; select.hidden = true; select.parentNode.insertBefore(box, select); box.append(field, list, select);
    function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }
    function mark(i) { var all = options(); at = Math.max(0, Math.min(all.length - 1, i)); all.forEach(function (o, k) { o.setAttribute("aria-selected", k === at ? "true" : "false"); }); if (all[at]) { field.setAttribute("aria-activedescendant", all[at].id); all[at].scrollIntoView({ block: "nearest" }); } }
    function close() { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); at = -1; }
    function choose(row) {
      if (!allowed[row.id]) { grow(row.id); return; }
      select.value = row.id; field.value = row.label; field.setCustomValidity(""); close(); select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    function show(rows) {
      list.replaceChildren();
      rows.forEach(function (row, i) {
        if (!allowed[row.id] && !row.branch) { return; }
        var item = part("li", allowed[row.id] ? "" : "only-branch"); item.setAttribute("role", "option"); item.id = "pick" + n + "-" + i; item.row = row;
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
    function ask(query) {
      asked = query;
      fetch("/pick/" + select.dataset.pick + "?" + query + (select.dataset.matter ? "&matter=" + select.dataset.matter : ""), { credentials: "same-origin" }).then(function (r) { return r.ok ? r.json() : { rows: [] }; })
        .then(function (answer) { if (asked === query) { show(answer.rows); } }).catch(close);
    }
    function grow(id) { ask("under=" + id); }
    function typed() { select.value = ""; var q = field.value.trim(); if (q || select.dataset.pick === "body") { ask(q ? "q=" + encodeURIComponent(q) : "under="); } else { close(); } }
    field.addEventListener("compositionstart", function () { held = true; });
    field.addEventListener("compositionend", function () { held = false; clearTimeout(timer); timer = setTimeout(typed, 120); });
    field.addEventListener("input", function () { if (!held) { clearTimeout(timer); timer = setTimeout(typed, 120); } });
    field.addEventListener("blur", function () { setTimeout(close, 150); if (!select.value) { field.value = ""; } });
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
  document.querySelectorAll("select[data-pick]").forEach(make);
})();
