"use strict";
// Meeting mode: section by section, with a clock; what is written is saved as the meeting's form.
// Nothing leaves the page but the file that somebody saves. Text is only ever set as text.
(function () {
  var root = document.documentElement;
  var bar = document.getElementById("motesrad");
  var startButton = document.getElementById("borja-motet");
  var keyBox = document.getElementById("tangent-m");
  var message = document.getElementById("motesbesked");
  var clock = document.getElementById("motesklocka");
  var earlier = document.getElementById("foregaende");
  var later = document.getElementById("nasta");
  var columns = bar.dataset.kolumner.split(";");
  var week = bar.dataset.vecka;
  var shelf = "est-mote " + week + " " + bar.dataset.nyckel;
  var fileName = "est-mote-" + week.toLowerCase().replace("w", "v") + ".csv";
  var agenda = [];
  var at = 0;
  var begun = 0;
  var shown = 0;
  var sent = {};  // what was last saved of each row, by id: the row, and when it was saved so
  var lastSaved = 0;
  var kept = null;

  bar.dataset.dagordning.split(";").forEach(function (entry) {
    var parts = entry.split(" ");
    var heading = document.getElementById(parts[0]);
    if (!heading) { return; }
    heading.tabIndex = -1;
    agenda.push({ heading: heading, section: heading.closest("section"), minutes: Number(parts[1]) });
  });

  function each(selector, visit, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), visit);
  }

  function isOn() { return root.classList.contains("moteslage"); }

  // --- what is written: kept in the page, and in the tab's own storage where the browser lets us ---

  function newId() {
    var signs = "abcdefghijkmnopqrstuvwxyz";
    var numbers = new Uint8Array(10);
    crypto.getRandomValues(numbers);
    return "v" + Number(week.slice(-2)) + "-" +
      Array.prototype.map.call(numbers, function (n) { return signs[n % signs.length]; }).join("");
  }

  function addPost(type, values, id) {
    var copy = document.getElementById("mall-" + type).content.cloneNode(true).firstElementChild;
    copy.dataset.id = id || newId();
    each(".falt", function (field) { field.value = (values && values[field.name]) || ""; }, copy);
    copy.querySelector(".ta-bort").addEventListener("click", function () {
      var list = copy.parentElement;
      var isSent = sent[copy.dataset.id] !== undefined;
      copy.remove();
      keep();
      say((type === "beslut" ? "Beslutet är borttaget." : "Anteckningen är borttagen.") +
        (isSent ? " Spara som fil igen, så tas det tillbaka också där." : ""));
      list.parentElement.querySelector(".lagg-till").focus();
    });
    document.querySelector('.poster[data-typ="' + type + '"]').appendChild(copy);
    return copy;
  }

  function valuesOf(post) {
    var values = {};
    each(".falt", function (field) { values[field.name] = field.value.trim(); }, post);
    return values;
  }

  function isFilled(values) {
    return Object.keys(values).some(function (name) { return values[name] !== ""; });
  }

  // The rows of the form as they ought to stand: also what has to be said since it was saved once,
  // be it that a state is as it was, that a cell is empty now (-), or that a row is gone (avbruten).
  function rows() {
    var found = [];
    var ids = {};
    each(".andra-lage", function (field) {
      var id = field.dataset.id;
      ids[id] = true;
      if (field.value !== field.dataset.fore || sent[id]) {
        found.push({ typ: "beslut", id: id, "möte": week, "läge": field.value });
      }
    });
    each(".post", function (post) {
      var id = post.dataset.id;
      var values = valuesOf(post);
      if (!isFilled(values)) { return; }
      ids[id] = true;
      Object.keys(values).forEach(function (name) {
        if (values[name] === "" && sent[id] && sent[id].row[name]) { values[name] = "-"; }
      });
      found.push(Object.assign({ typ: post.dataset.typ, id: id, "möte": week,
        "läge": post.dataset.typ === "beslut" ? "öppen" : "" }, values));
    });
    Object.keys(sent).forEach(function (id) {
      if (!ids[id]) { found.push(Object.assign({}, sent[id].row, { "läge": "avbruten" })); }
    });
    return found;
  }

  function isSentAs(row) {
    var before = sent[row.id] ? sent[row.id].row : null;
    return before !== null && columns.every(function (name) {
      return (before[name] || "") === (row[name] || "");
    });
  }

  // The form as the next run reads it: a cell that a spreadsheet would run gets an apostrophe.
  function cell(text) {
    var value = String(text || "").replace(/\r\n?/g, "\n").replace(/\u0000/g, "");
    if (/^[=+@\-\t]/.test(value) && !/^(?:-|[+-]\d+(?:[.,]\d+)?)$/.test(value)) { value = "'" + value; }
    return /[";\n]/.test(value) ? '"' + value.replace(/"/g, '""') + '"' : value;
  }

  function asCsv(saved) {
    var lines = saved.map(function (each) {
      var row = Object.assign({}, each.row, { sparad: each.at });
      return columns.map(function (name) { return cell(row[name]); }).join(";");
    });
    return [columns.join(";")].concat(lines).join("\r\n") + "\r\n";
  }

  // A moment as the form has it, in local time with its offset: 2026-11-23T10:15:30+01:00.
  function stamp(moment) {
    function two(number) { return String(number).padStart(2, "0"); }
    var ahead = -new Date(moment).getTimezoneOffset();
    var local = new Date(moment + ahead * 60000).toISOString().slice(0, 19);
    return local + (ahead < 0 ? "-" : "+") +
      two(Math.floor(Math.abs(ahead) / 60)) + ":" + two(Math.abs(ahead) % 60);
  }

  function isUnsaved() {
    return rows().some(function (row) { return !isSentAs(row); });
  }

  function keep() {
    var posts = [];
    var changes = {};
    each(".post", function (post) {
      posts.push({ typ: post.dataset.typ, id: post.dataset.id, values: valuesOf(post) });
    });
    each(".andra-lage", function (field) {
      if (field.value !== field.dataset.fore) { changes[field.dataset.id] = field.value; }
    });
    kept = { posts: posts, changes: changes, sent: sent, lastSaved: lastSaved, begun: begun };
    try { sessionStorage.setItem(shelf, JSON.stringify(kept)); } catch (error) { /* memory only */ }
  }

  function recall() {
    try { kept = JSON.parse(sessionStorage.getItem(shelf)); } catch (error) { kept = null; }
    if (!kept) { return; }
    sent = kept.sent || {};
    lastSaved = kept.lastSaved || 0;
    begun = kept.begun || 0;
    if (Date.now() - begun > 4 * 3600000) { begun = 0; }  // another meeting
    (kept.posts || []).forEach(function (post) {
      if (isFilled(post.values)) { addPost(post.typ, post.values, post.id); }
    });
    each(".andra-lage", function (field) {
      field.value = (kept.changes || {})[field.dataset.id] || field.dataset.fore;
    });
  }

  // A day as the page writes it: mån 30 nov. What is no date stays as it was written.
  function day(text) {
    var parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
    if (!parts) { return text; }
    var on = new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])));
    var weekdays = "sön mån tis ons tors fre lör".split(" ");
    var months = "jan feb mars apr maj juni juli aug sep okt nov dec".split(" ");
    return weekdays[on.getUTCDay()] + " " + on.getUTCDate() + "\u00a0" + months[on.getUTCMonth()];
  }

  // What was written is read on the page also outside meeting mode.
  function list() {
    each(".skrivet", function (written) {
      written.textContent = "";
      each('.post[data-typ="' + written.dataset.typ + '"]', function (post) {
        var values = valuesOf(post);
        if (!isFilled(values)) { return; }
        var item = document.createElement("li");
        var parts = [values.problem, values.trolig_orsak && "Trolig orsak: " + values.trolig_orsak,
          values.vad, values.anteckning,
          [values.plats, values.stadsdel].filter(Boolean).join(", "), values.funktion,
          values.klart_senast && "klart senast " + day(values.klart_senast)];
        item.textContent = parts.filter(Boolean).join(" · ");
        written.appendChild(item);
      });
    });
  }

  function say(text) { message.textContent = text; }

  // --- saving ---

  function firstMissing() {
    var missing = null;
    each('.post[data-typ="beslut"]', function (post) {
      var isBegun = isFilled(valuesOf(post));
      each("[data-behovs]", function (field) {
        var isMissing = isBegun && !field.value.trim();
        if (isMissing) { field.setAttribute("aria-invalid", "true"); }
        else { field.removeAttribute("aria-invalid"); }
        missing = missing || (isMissing ? field : null);
      }, post);
    });
    return missing;
  }

  function save() {
    var missing = firstMissing();
    if (missing) {
      show(agenda.findIndex(function (part) { return part.section.contains(missing); }));
      missing.focus();
      say("Skriv vad som ska göras och vilken funktion som gör det; det behövs i varje beslut.");
      return;
    }
    var found = rows();
    if (!found.length) {
      say("Det finns inget att spara än.");
      return;
    }
    // one second later at least: of two files the one that was saved last counts
    var now = Math.max(Date.now(), lastSaved + 1000);
    var saved = found.map(function (row) {
      return isSentAs(row) ? sent[row.id] : { row: row, at: stamp(now) };
    });
    var text = asCsv(saved);
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
    link.download = fileName;
    link.hidden = true;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    saved.forEach(function (each) { sent[each.row.id] = each; });
    lastSaved = now;
    keep();
    say("Filen " + fileName + " är sparad bland dina hämtade filer. " + (bar.dataset.inkorg
      ? "Lägg den i " + bar.dataset.inkorg + " före nästa körning."
      : "Samordnaren behöver först ange vilken källa som får lämna den (beslut_fran i est.toml)."));
  }

  // --- section by section ---

  function minutesSince(moment) { return Math.floor((Date.now() - moment) / 60000); }

  function tick() {
    if (!isOn()) { return; }
    var planned = agenda.reduce(function (sum, part) { return sum + part.minutes; }, 0);
    var here = minutesSince(shown);
    var all = minutesSince(begun);
    clock.textContent = "Punkt " + (at + 1) + " av " + agenda.length + ": " + here + " av " +
      agenda[at].minutes + " min" + (here > agenda[at].minutes ? ", över tiden" : "") +
      " · mötet: " + all + " av " + planned + " min" + (all > planned ? ", över tiden" : "");
  }

  function show(number) {
    if (number < 0 || number >= agenda.length) { return; }
    if (number !== at || !shown) { shown = Date.now(); }
    at = number;
    agenda.forEach(function (part, place) {
      part.section.classList.toggle("moment-nu", place === at);
    });
    earlier.disabled = at === 0;
    later.disabled = at === agenda.length - 1;
    window.scrollTo(0, 0);
    agenda[at].heading.focus({ preventScroll: true });
    window.dispatchEvent(new Event("resize"));  // the map has got another size
    say("");
    tick();
  }

  function enter() {
    if (isOn() || !agenda.length) { return; }
    begun = begun || Date.now();
    root.classList.add("moteslage");
    ["anteckning", "beslut"].forEach(function (type) {
      if (!document.querySelector('.post[data-typ="' + type + '"]')) { addPost(type); }
    });
    keep();
    show(at);
  }

  function leave() {
    if (!isOn()) { return; }
    root.classList.remove("moteslage");
    list();
    window.dispatchEvent(new Event("resize"));
    window.scrollTo(0, 0);
    startButton.focus({ preventScroll: true });
  }

  document.addEventListener("keydown", function (event) {
    var target = event.target instanceof Element ? event.target : root;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    var isWriting = Boolean(target.closest("input:not([type=checkbox]), textarea, select"));
    if (!isOn()) {
      if ((event.key === "m" || event.key === "M") && keyBox.checked && !isWriting) {
        event.preventDefault();
        enter();
      }
      return;
    }
    if (event.key === "Escape") {
      // in the map it closes what is open there first
      if (target.closest(".leaflet-container") && document.querySelector(".leaflet-popup")) { return; }
      event.preventDefault();
      leave();
      return;
    }
    if (isWriting || target.closest(".rulla, .leaflet-container")) { return; }
    var isAtEnd = window.innerHeight + window.scrollY >= root.scrollHeight - 2;
    if (event.key === "ArrowRight" || (event.key === "PageDown" && isAtEnd)) {
      event.preventDefault();
      show(at + 1);
    } else if (event.key === "ArrowLeft" || (event.key === "PageUp" && window.scrollY < 2)) {
      event.preventDefault();
      show(at - 1);
    }
  }, true);

  document.addEventListener("input", function (event) {
    if (event.target.classList.contains("falt")) {
      event.target.removeAttribute("aria-invalid");
      keep();
    }
  });
  each(".lagg-till", function (button) {
    button.addEventListener("click", function () {
      addPost(button.dataset.typ).querySelector(".falt").focus();
    });
  });
  startButton.addEventListener("click", enter);
  earlier.addEventListener("click", function () { show(at - 1); });
  later.addEventListener("click", function () { show(at + 1); });
  document.getElementById("spara-motet").addEventListener("click", save);
  document.getElementById("lamna-motet").addEventListener("click", leave);
  window.addEventListener("beforeunload", function (event) {
    if (isUnsaved()) {
      event.preventDefault();
      event.returnValue = "";
    }
  });
  window.addEventListener("beforeprint", list);
  setInterval(tick, 1000);
  recall();
  list();
}());
