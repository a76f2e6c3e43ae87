"use strict";
// What folium's map needs of the page. Text reaches the page as text, never as markup.
var estSpots = [];
var estOlder = [];
var estPlaces = [];
var estWords = {};

function estElement(tag, className, text) {
  var element = document.createElement(tag);
  if (className) { element.className = className; }
  if (text) { element.textContent = text; }
  return element;
}

// The details of a spot are the table's own cells: map and table cannot disagree.
function estDetails(map, place) {
  var box = estElement("div", "detaljer");
  estSpots.forEach(function (spot) {
    if (spot.place !== place || !map.hasLayer(spot.layer)) { return; }
    spot.rows.forEach(function (id) {
      var row = document.getElementById("r-" + id);
      if (!row) { return; }
      var list = estElement("dl");
      var heads = row.closest("table").tHead.rows[0].cells;
      Array.prototype.forEach.call(row.cells, function (cell, number) {
        if (!cell.textContent.trim()) { return; }
        list.appendChild(estElement("dt", "", heads[number].textContent.trim()));
        list.appendChild(estElement("dd", "", cell.textContent.trim()));
      });
      box.appendChild(list);
    });
  });
  return box;
}

function estSpot(feature, layer) {
  layer.setRadius(feature.properties.r);
  var place = feature.geometry.coordinates.join(",");
  estSpots.push({ place: place, layer: layer, rows: feature.properties.rows,
                  counted: feature.properties.counted });
  layer.bindPopup(function () { return estDetails(layer._map, place); }, { maxHeight: 260 });
}

// The weeks before: fainter the older, and gone with their category.
function estEarlier(feature, layer) {
  var about = feature.properties;
  layer.options.className += " a" + about.a;
  layer.setRadius(about.r);
  estOlder.push({ layer: layer, category: about.c });
  layer.bindPopup(function () {
    return estElement("div", "", estWords.categories[about.n] + ", " + estWords.weeks[about.a - 1] +
      ": " + about.k + "\u00a0" + (about.k === 1 ? estWords.one : estWords.many));
  });
}

function estShowEarlier(map) {
  estOlder.forEach(function (older) {
    var group = window["feature_group_lager" + older.category];
    var path = older.layer.getElement && older.layer.getElement();
    if (path) { path.style.display = group && !map.hasLayer(group) ? "none" : ""; }
  });
}

// A place to prioritise: its details are the cells of its row in the table, by its number.
function estPriority(feature, layer) {
  var row = document.getElementById("prioritera-" + feature.properties.number);
  if (row) { estPlaces.push({ layer: layer, cell: row.cells[0] }); }
  layer.bindTooltip(estElement("span", "", String(feature.properties.number)),
                    { permanent: true, direction: "left", offset: [feature.geometry.type === "Point" ? -15 : 0, 0],
                      className: "rang" });
  layer.bindPopup(function () { return estRowDetails(row); }, { maxHeight: 260 });
}

// What has been decided for a place and is not done: its details are the cells of its row.
function estDecision(feature, layer) {
  var row = document.getElementById("beslut-" + feature.properties.number);
  if (row) { estPlaces.push({ layer: layer, cell: row.cells[2] }); }
  layer.bindPopup(function () { return estRowDetails(row); }, { maxHeight: 260 });
}

// The lines of a cell as one: a line that ends a sentence needs no comma after it.
function estOneLine(text) {
  return text.trim().replace(/([.!?])?\s*\n\s*/g, function (_, end) { return end ? end + " " : ", "; });
}

function estRowDetails(row) {
  var box = estElement("div", "detaljer");
  var list = estElement("dl");
  var heads = row ? row.closest("table").tHead.rows[0].cells : [];
  Array.prototype.forEach.call(row ? row.cells : [], function (cell, number) {
    if (cell.classList.contains("bara-mote") || !cell.textContent.trim()) { return; }
    list.appendChild(estElement("dt", "", heads[number].textContent.trim()));
    list.appendChild(estElement("dd", "", estOneLine(cell.innerText)));
  });
  box.appendChild(list);
  return box;
}

function estDistrict(feature, layer) {
  var box = estElement("div", "", feature.properties.name);
  if (feature.properties.note) { box.appendChild(estElement("div", "not", feature.properties.note)); }
  layer.bindTooltip(box, { sticky: true, className: "omrade-tips" });
}

// How many incidents lie at one position, over the layers that are lit.
function estCount(map, group) {
  var sums = new Map();
  group.clearLayers();
  estSpots.forEach(function (spot) {
    if (!map.hasLayer(spot.layer)) { return; }
    var sum = sums.get(spot.place) || { at: spot.layer.getLatLng(), number: 0, radius: 0 };
    sum.number += spot.counted;
    sum.radius = Math.max(sum.radius, Math.min(spot.layer._radius || 0, 16));
    sums.set(spot.place, sum);
  });
  sums.forEach(function (sum) {
    if (sum.number < 2) { return; }
    L.tooltip(sum.at, { permanent: true, direction: "right", offset: [sum.radius - 4, 0],
                        className: "antal", content: estElement("span", "", String(sum.number)) })
      .addTo(group);
  });
}

function estFinish(map, words) {
  var box = map.getContainer();
  estWords = words;
  box.addEventListener("focus", function () { map.scrollWheelZoom.enable(); });
  box.addEventListener("blur", function () { map.scrollWheelZoom.disable(); });
  L.control.zoom({ zoomInTitle: "Zooma in", zoomOutTitle: "Zooma ut" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  var source = L.control.attribution({ prefix: false }).addTo(map);
  source.addAttribution(estElement("i", "", words.attribution + (words.attribution ? " " : "") +
    "Karta: Leaflet.").innerHTML);
  words.labels.forEach(function (label) {
    L.tooltip(label.at, { permanent: true, direction: "top", offset: [0, 4], className: "namn",
                          content: estElement("span", "", label.name) }).addTo(map);
  });
  var counts = L.layerGroup().addTo(map);
  estCount(map, counts);
  map.on("overlayadd overlayremove", function () { estCount(map, counts); estShowEarlier(map); });

  var toggle = box.querySelector(".leaflet-control-layers-toggle");
  if (toggle) {
    toggle.title = "Kartlager";
    toggle.setAttribute("aria-label", "Kartlager");
  }
  map.on("popupopen", function (event) {
    var button = event.popup.getElement().querySelector(".leaflet-popup-close-button");
    if (button) { button.setAttribute("aria-label", "Stäng"); }
  });
  box.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      map.closePopup();
      box.focus({ preventScroll: true });
    }
  });
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", box.parentElement.dataset.namn);

  // Each number in a table leads to its place on the map: the way there by keyboard.
  estSpots.forEach(function (spot) {
    spot.rows.forEach(function (id) {
      var row = document.getElementById("r-" + id);
      if (row) { estButton(map, row.cells[0], spot.layer, 15); }
    });
  });
  estPlaces.forEach(function (place) { estButton(map, place.cell, place.layer, 14); });
}

function estButton(map, cell, layer, zoom) {
  var box = map.getContainer();
  var button = estElement("button", "visa", cell.textContent.trim());
  button.type = "button";
  button.title = "Visa på kartan";
  button.addEventListener("click", function () {
    box.scrollIntoView({ block: "center" });
    box.focus({ preventScroll: true });
    map.setView(layer.getLatLng ? layer.getLatLng() : layer.getBounds().getCenter(),
                Math.max(map.getZoom(), zoom), { animate: false });
    layer.openPopup();
    var popup = layer.getPopup().getElement();
    if (popup) {
      popup.tabIndex = -1;
      popup.focus({ preventScroll: true });
    }
  });
  cell.textContent = "";
  cell.appendChild(button);
}

// Folded tables are open on paper.
var estFolded = [];
window.addEventListener("beforeprint", function () {
  estFolded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
  estFolded.forEach(function (part) { part.open = true; });
});
window.addEventListener("afterprint", function () {
  estFolded.forEach(function (part) { part.open = false; });
});
