// Keys: Ctrl+K or / find, j/k move, Enter open. Nothing fires while Chinese is being composed.
(function () {
  "use strict";
  function typing(e) { var t = e.target; return e.isComposing || e.keyCode === 229 || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) || t.isContentEditable; }
  document.addEventListener("keydown", function (e) {
    if (e.isComposing || e.keyCode === 229) { return; }
    var find = document.getElementById("find");
    if (find && ((e.ctrlKey && e.key === "k") || (e.key === "/" && !typing(e)))) { e.preventDefault(); find.focus(); find.select(); return; }
    if (typing(e) || e.ctrlKey || e.altKey || e.metaKey) { if (e.ctrlKey && e.key === "Enter" && e.target.form) { e.preventDefault(); e.target.form.requestSubmit(); } return; }
    if (document.documentElement.dataset.keys === "off") { return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
    if (!rows.length) { return; }
    var at = rows.findIndex(function (r) { return r.classList.contains("on"); });
    if (e.key === "j" || e.key === "k") { var next = Math.max(0, Math.min(rows.length - 1, at + (e.key === "j" ? 1 : -1))); rows.forEach(function (r) { r.classList.remove("on"); }); rows[next].classList.add("on"); rows[next].scrollIntoView({ block: "nearest" }); var link = rows[next].querySelector("a"); if (link) { link.focus({ preventScroll: true }); } e.preventDefault(); }
    if (e.key === "Enter" && at >= 0) { var a = rows[at].querySelector("a"); if (a) { a.click(); } }
  });
  document.addEventListener("submit", function (e) { var b = e.target.querySelector("button[type=submit], button:not([type])"); if (b && e.target.method === "post") { setTimeout(function () { b.disabled = true; }, 0); setTimeout(function () { b.disabled = false; }, 8000); } });
})();
