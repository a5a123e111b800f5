// The workbench's own script: press-and-hold, keyboard, countdown, pan and zoom. No page needs it to be read.
"use strict";
(() => {
  const token = () => document.querySelector("#ladder [name=csrfmiddlewaretoken]").value;
  const send = (url, values) =>
    fetch(url, { method: "POST", body: new URLSearchParams({ ...values, csrfmiddlewaretoken: token() }), credentials: "same-origin" });

  // The reveal ladder. Pixels exist in the page only while somebody holds.
  function ladder(stage) {
    const tile = stage.querySelector("#tile"), level = stage.querySelector("#level");
    const concealedText = level.textContent;
    let seen = Number(stage.dataset.seen), shown = null, holding = false, timer = 0;

    const say = (text) => { level.textContent = text; };
    function conceal() {
      holding = false;
      clearTimeout(timer);
      if (shown) {
        send(shown.url, { seconds: (performance.now() - shown.since) / 1000 });
        URL.revokeObjectURL(shown.image.src);
        shown.image.remove();
        shown = null;
      }
      tile.hidden = false;
      stage.classList.remove("revealed");
      say(concealedText);
    }
    async function reveal() {
      if (holding) return;
      holding = true;
      const form = document.querySelector("#ladder");
      const wanted = form.elements.level.value, purpose = form.elements.purpose.value;
      if (Number(wanted) >= Number(stage.dataset.purposeFrom) && !purpose) { say(stage.dataset.needsPurpose); holding = false; return; }
      const answer = await send(stage.dataset.reveal, { level: wanted, purpose });
      if (!answer.ok) { say(stage.dataset.failed); holding = false; return; }
      const addresses = await answer.json();
      const picture = await fetch(addresses.picture, { cache: "no-store", credentials: "same-origin" });
      if (!picture.ok) { say(stage.dataset.failed); holding = false; return; }
      seen = Math.max(seen, Number(wanted));
      form.querySelectorAll("[name=level]").forEach((box) => { box.disabled = Number(box.value) > seen + 1; });
      if (!holding) return;
      const image = new Image();
      image.alt = "";
      image.draggable = false;
      image.src = URL.createObjectURL(await picture.blob());
      tile.hidden = true;
      stage.append(image);
      stage.classList.add("revealed");
      shown = { image, url: addresses.concealed, since: performance.now() };
      say(wanted);
      timer = setTimeout(conceal, 1000 * Number(stage.dataset.concealAfter));
    }
    stage.addEventListener("pointerdown", (event) => { event.preventDefault(); stage.focus(); reveal(); });
    for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) stage.addEventListener(name, conceal);
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("keydown", (event) => {
      if (event.key === " " && !event.repeat) { event.preventDefault(); reveal(); } else if (event.key === " ") event.preventDefault();
    });
    stage.addEventListener("keyup", (event) => { if (event.key === " ") conceal(); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") conceal();
      if (event.target.matches("input:not([type=radio]), textarea, select")) return;
      const choice = document.querySelectorAll("#decide [name=decision]")[Number(event.key) - 1];
      if (choice) { choice.checked = true; choice.focus(); }
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) conceal(); });
    window.addEventListener("pagehide", conceal);
  }

  // Clocks that count down.
  const two = (n) => String(n).padStart(2, "0");
  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-countdown]")) {
      const left = Math.max(0, Number(clock.dataset.countdown) - 1);
      clock.dataset.countdown = left;
      clock.textContent = `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    }
  }, 1000);

  // Drawings that can be moved: drag, and + - 0 with the keyboard.
  function pan(drawing) {
    const first = drawing.viewBox.baseVal, start = { x: first.x, y: first.y, width: first.width, height: first.height };
    let from = null;
    drawing.setAttribute("tabindex", "0");
    const zoom = (factor) => {
      const box = drawing.viewBox.baseVal, width = Math.min(start.width * 2, Math.max(start.width / 8, box.width * factor));
      const height = width * start.height / start.width;
      drawing.setAttribute("viewBox", `${box.x + (box.width - width) / 2} ${box.y + (box.height - height) / 2} ${width} ${height}`);
    };
    drawing.addEventListener("pointerdown", (event) => { from = { x: event.clientX, y: event.clientY }; drawing.setPointerCapture(event.pointerId); });
    drawing.addEventListener("pointermove", (event) => {
      if (!from) return;
      const box = drawing.viewBox.baseVal, scale = box.width / drawing.clientWidth;
      drawing.setAttribute("viewBox", `${box.x - (event.clientX - from.x) * scale} ${box.y - (event.clientY - from.y) * scale} ${box.width} ${box.height}`);
      from = { x: event.clientX, y: event.clientY };
    });
    drawing.addEventListener("pointerup", () => { from = null; });
    drawing.addEventListener("keydown", (event) => {
      if (event.key === "+") zoom(0.8);
      if (event.key === "-") zoom(1.25);
      if (event.key === "0") drawing.setAttribute("viewBox", `${start.x} ${start.y} ${start.width} ${start.height}`);
    });
  }

  // Pages that are alive: a stream says that something changed, and the page asks for itself again. Closed while nobody
  // looks. Without a stream the page asks every half minute all the same.
  function live(place) {
    let source = null;
    const close = () => { if (source) { source.close(); source = null; } };
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource(place.dataset.stream);
      source.addEventListener("changed", () => window.htmx && htmx.trigger(document.body, "fairlead-changed"));
    };
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else { open(); if (window.htmx) htmx.trigger(document.body, "fairlead-changed"); } });
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", open);
    open();
  }

  document.querySelectorAll("[data-stream]").forEach(live);
  document.querySelectorAll("#stage").forEach(ladder);
  document.querySelectorAll("svg[data-pan]").forEach(pan);
  if (window.matchMedia("(max-width: 60rem)").matches) document.querySelectorAll(".side-fold").forEach((fold) => { fold.open = false; });
})();
