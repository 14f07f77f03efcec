// Dropping files: the plain form's own field receives them; without this script the field works by itself.
(function () {
  "use strict";
  document.querySelectorAll("form[data-drop]").forEach(function (form) {
    var zone = form.querySelector(".drop"), field = form.querySelector("input[type=file]"), list = form.querySelector("[data-chosen]");
    function show() {
      list.textContent = "";
      Array.prototype.forEach.call(field.files, function (f) { var li = document.createElement("li"); li.textContent = f.name + " · " + Math.ceil(f.size / 1024) + " kB"; list.appendChild(li); });
    }
    field.addEventListener("change", show);
    ["dragenter", "dragover"].forEach(function (n) { zone.addEventListener(n, function (e) { e.preventDefault(); zone.classList.add("over"); }); });
    ["dragleave", "drop"].forEach(function (n) { zone.addEventListener(n, function () { zone.classList.remove("over"); }); });
    zone.addEventListener("drop", function (e) { e.preventDefault(); if (e.dataTransfer.files.length) { field.files = e.dataTransfer.files; show(); } });
  });
})();
