// A field that names an officer offers whom the register of persons has while one types. Without this script the name is looked up when the form is handed in.
(function () {
  "use strict";
  var serial = 0;
  document.querySelectorAll("input[data-people]").forEach(function (field) {
    var list = null, timer = 0, asked = "";
    function show(rows) {
      list.replaceChildren.apply(list, rows.map(function (row) { var o = document.createElement("option"); o.value = row.label + (row.where ? " · " + row.where : ""); return o; }));
    }
    function ask() {
      var q = field.value.split("·")[0].trim();
      if (!q || q === asked) { return; }
      asked = q;
      fetch("/pick/person?q=" + encodeURIComponent(q), { credentials: "same-origin" }).then(function (r) { return r.ok ? r.json() : { rows: [] }; }).then(function (answer) { if (asked === q) { show(answer.rows); } }).catch(function () { asked = ""; });
    }
    field.addEventListener("focus", function () {
      if (list) { return; }
      list = document.createElement("datalist"); list.id = "people" + (++serial); field.after(list); field.setAttribute("list", list.id);
    });
    field.addEventListener("input", function (e) { if (!e.isComposing) { clearTimeout(timer); timer = setTimeout(ask, 150); } });
    field.addEventListener("compositionend", function () { clearTimeout(timer); timer = setTimeout(ask, 150); });
  });
})();
