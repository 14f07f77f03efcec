// Registers: choose rows, and copy them so that they paste cleanly into Excel (cells as text and as a table, no controls, nothing merged).
(function () {
  "use strict";
  var filters = document.querySelector("details.filters");
  if (filters && window.matchMedia("(max-width: 760px)").matches) { filters.open = false; }
  function rows() { return Array.prototype.slice.call(document.querySelectorAll("#rows tbody tr")); }
  function picked() { return rows().filter(function (r) { var box = r.querySelector("input[name=pick]"); return box && box.checked; }); }
  function tell() { var place = document.querySelector("[data-picked]"), n = picked().length; if (place) { place.textContent = n ? "· " + n : ""; } }
  function cells(row) {
    return Array.prototype.slice.call(row.cells).map(function (c) {
      var copy = c.cloneNode(true); copy.querySelectorAll(".nocopy, [aria-hidden=true]").forEach(function (x) { x.remove(); });
      return copy.textContent.replace(/\s+/g, " ").trim();
    });
  }
  // a sheet reads =, +, - and @ at the beginning as a formula: an apostrophe keeps it text
  function safe(text) { return /^[=+\-@\t]/.test(text) ? "'" + text : text; }
  function escaped(text) { var box = document.createElement("i"); box.textContent = text; return box.innerHTML; }
  function sheet() {
    var head = document.querySelector("#rows thead tr"), chosen = picked(), body = chosen.length ? chosen : rows();
    var table = [cells(head)].concat(body.map(cells)).map(function (r) { return r.map(safe); });
    return {
      text: table.map(function (r) { return r.join("\t"); }).join("\r\n"),
      html: "<table>" + table.map(function (r, i) { var t = i ? "td" : "th"; return "<tr>" + r.map(function (c) { return "<" + t + ' style="mso-number-format:\'\\@\'">' + escaped(c) + "</" + t + ">"; }).join("") + "</tr>"; }).join("") + "</table>"
    };
  }
  document.addEventListener("change", function (e) {
    if (e.target.matches("[data-all]")) { rows().forEach(function (r) { var box = r.querySelector("input[name=pick]"); if (box) { box.checked = e.target.checked; } }); }
    if (e.target.matches("[data-all], input[name=pick]")) { tell(); }
  });
  document.addEventListener("click", function (e) {
    var button = e.target.closest && e.target.closest("[data-copy]");
    if (!button) { return; }
    var both = sheet(), said = document.querySelector("[data-copied]");
    function once(event) { event.clipboardData.setData("text/plain", both.text); event.clipboardData.setData("text/html", both.html); event.preventDefault(); }
    document.addEventListener("copy", once, { once: true });
    if (document.execCommand("copy") && said) { said.textContent = said.dataset.words; }
    document.removeEventListener("copy", once);
  });
  // x chooses the row one stands on (j and k move); nothing while Chinese is being composed or a field is written in
  document.addEventListener("keydown", function (e) {
    if (e.isComposing || e.keyCode === 229 || e.ctrlKey || e.altKey || e.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || document.documentElement.dataset.keys === "off") { return; }
    var on = document.querySelector("#rows tr.on input[name=pick]");
    if (e.key === "x" && on) { on.checked = !on.checked; tell(); e.preventDefault(); }
  });
})();
