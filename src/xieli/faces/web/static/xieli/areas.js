/* The slider lays one picture over the other; dragging a unit only sets the choice that the table below has for it. */
(function () {
  document.querySelectorAll("[data-compare]").forEach(function (box) {
    var sides = box.querySelectorAll(".side"), tool = box.nextElementSibling, range = tool && tool.querySelector("input");
    if (sides.length !== 2 || !range) return;
    // only the second picture is laid over the first; its caption and table stay below, where they can be read and reached
    var under = sides[0].querySelector(".scroll"), over = sides[1].querySelector(".scroll"), first = under && under.querySelector("svg");
    if (!first || !over) return;
    over.removeAttribute("tabindex"); over.className = "over"; under.classList.add("under"); under.appendChild(over);
    // one picture, one caption; each table says by its own name which side it tells
    var captions = Array.prototype.map.call(sides, function (side) { return side.querySelector("figcaption"); });
    sides.forEach(function (side, i) { var fold = side.querySelector("summary"); if (fold) fold.textContent += " · " + captions[i].textContent; });
    captions[0].textContent += " | " + captions[1].textContent; captions[1].hidden = true;
    box.classList.add("sliding"); tool.hidden = false; under.insertAdjacentElement("afterend", tool);
    var lay = function () { var w = first.getBoundingClientRect().width; over.style.width = w + "px"; tool.style.maxWidth = w + "px"; over.style.clipPath = "inset(0 0 0 " + range.value + "%)"; };
    range.addEventListener("input", lay); window.addEventListener("resize", lay); lay();
  });
  var lanes = document.getElementById("lanes"), rows = document.querySelectorAll("tr[data-unit]");
  if (!lanes || !rows.length) return;
  var first = rows[0].querySelector("select"), columns = {};
  Array.prototype.forEach.call(first.options, function (o) {
    if (!o.value) return;
    var lane = document.createElement("div"), head = document.createElement("h3");
    lane.className = "lane"; head.textContent = o.textContent; lane.appendChild(head); lanes.appendChild(lane); columns[o.value] = lane;
    lane.addEventListener("dragover", function (e) { e.preventDefault(); lane.classList.add("over"); });
    lane.addEventListener("dragleave", function () { lane.classList.remove("over"); });
    lane.addEventListener("drop", function (e) {
      e.preventDefault(); lane.classList.remove("over");
      var unit = e.dataTransfer.getData("text/plain"), row = document.querySelector('tr[data-unit="' + CSS.escape(unit) + '"]');
      if (!row) return;
      row.querySelector("select").value = o.value; place(row);
    });
  });
  var chips = {};
  function place(row) {
    var unit = row.dataset.unit, lock = row.querySelector("select").value, chip = chips[unit];
    if (!chip) {
      chip = chips[unit] = document.createElement("div"); chip.className = "chip"; chip.draggable = true; chip.textContent = row.dataset.name;
      chip.addEventListener("dragstart", function (e) { e.dataTransfer.setData("text/plain", unit); });
    }
    chip.classList.toggle("held", !!lock);
    var lane = columns[lock || row.dataset.body];
    if (lane) lane.appendChild(chip);
  }
  rows.forEach(function (row) { place(row); row.querySelector("select").addEventListener("change", function () { place(row); }); });
  lanes.hidden = false;
  var hint = document.querySelector(".drag-hint");
  if (hint) hint.hidden = false;
})();
