// The page's own part of the dashboard: it gathers what the form says and asks for an answer,
// shows values while a slider moves, keeps the address, and saves pictures.
(() => {
  "use strict";

  const PAGE = Math.random().toString(36).slice(2); // tells this page from others of the program
  const PAUSE = 60; // milliseconds in which further changes are taken together, after a first one
  const PATIENCE = 6000; // milliseconds after which the program is asked whether it is there

  const narrow = window.matchMedia("(max-width: 899px)");
  let number = 0; // of the last question
  let question = ""; // what asked it
  let timer = null;
  let watch = null;
  let changed = -Infinity; // when something was changed last [milliseconds]

  const form = () => document.getElementById("form");
  const controlOf = (node) => node.closest("[data-key^='value.']");

  // Questions and answers

  function busy(on) {
    document.body.classList.toggle("busy", on);
    document.getElementById("pictures")?.setAttribute("aria-busy", String(on));
    clearInterval(watch);
    if (on) watch = setInterval(knock, PATIENCE);
  }

  function knock() {
    fetch("_alive").catch(() => {
      busy(false);
      say("The program behind this page does not answer; it may have been ended.");
    });
  }

  function say(text) {
    window.dash_clientside.set_props("message", { children: text });
  }

  function gathered() {
    const answers = {};
    for (const box of form().querySelectorAll("[data-key]")) {
      const input = box.querySelector("input, select");
      const own = box.dataset.key.startsWith("value.");
      if (own && !box.classList.contains("moved")) answers[box.dataset.key] = null;
      else if (input.type === "checkbox") answers[box.dataset.key] = input.checked;
      else if (input.type === "range") answers[box.dataset.key] = Number(input.value);
      else answers[box.dataset.key] = input.value;
    }
    return answers;
  }

  function ask(kind, more = {}) {
    clearTimeout(timer);
    number += 1;
    question = kind;
    busy(true);
    return { kind, n: number, page: PAGE, ...more };
  }

  function send(kind, more = {}) {
    const asked = ask(kind, { form: gathered(), ...more });
    window.dash_clientside.set_props("asked", { data: asked });
  }

  function sendSoon() {
    clearTimeout(timer);
    busy(true);
    const alone = performance.now() - changed > 10 * PAUSE;
    changed = performance.now();
    if (alone) send("change"); // a slider that was let go: nobody waits
    else timer = setTimeout(() => send("change"), PAUSE);
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    multivector: {
      opened: (search) => ask("open", { search: search || "" }),
      answered: (answer, query, message) => {
        if (answer && answer.n === number) {
          busy(false);
          if (query && !message) window.history.replaceState(null, "", `?${query}`);
          if (message && question === "add") form().querySelector("#in-add").value = "";
        }
        return window.dash_clientside.no_update;
      },
    },
  });

  // Controls

  function shownText(box) {
    const input = box.querySelector("input[type=range]");
    if (!input) return;
    const untouched = box.dataset.untouched;
    const moved = box.classList.contains("moved");
    const text = !moved && untouched ? untouched : JSON.parse(box.dataset.texts)[input.value];
    const shown = box.querySelector(".shown");
    // What an address gives may lie between two positions: it is shown until it is moved.
    if (box.dataset.touched || !shown.textContent) shown.textContent = text;
    input.setAttribute("aria-valuetext", `${shown.textContent} ${box.dataset.unit}`.trim());
  }

  function touched(box) {
    const input = box.querySelector("input, select");
    const now = input.type === "checkbox" ? (input.checked ? "1" : "0") : input.value;
    box.dataset.touched = "1";
    box.classList.toggle("moved", Boolean(box.dataset.untouched) || now !== box.dataset.rest);
    shownText(box);
    counted(box.closest("details"));
  }

  function reset(box) {
    const input = box.querySelector("input, select");
    if (input.type === "range") {
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
      set.call(input, box.dataset.rest);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (input.type === "checkbox") {
      if (input.checked !== (box.dataset.rest === "1")) input.click();
    } else input.value = box.dataset.rest;
    box.dataset.touched = "1";
    box.classList.remove("moved");
    shownText(box);
    counted(box.closest("details"));
    input.focus();
    sendSoon();
  }

  function counted(group) {
    if (!group) return;
    const moved = group.querySelectorAll(".control.moved").length;
    group.querySelector(".count").textContent = moved ? `${moved} changed` : "";
  }

  document.addEventListener("input", (event) => {
    const box = controlOf(event.target);
    if (box && event.target.type === "range") touched(box);
  });

  document.addEventListener("change", (event) => {
    if (!form()?.contains(event.target)) return;
    const box = controlOf(event.target);
    if (box) touched(box);
    if (event.target.id === "in-outcome") fitting();
    if (event.target.id === "in-add") {
      if (event.target.value) send("add", { name: event.target.value });
    } else sendSoon();
  });

  document.addEventListener("submit", (event) => event.preventDefault());

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("#form input")) event.preventDefault();
    if (event.key === "Enter" && event.target.matches("#in-runs, #in-seed")) sendSoon();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const { act, name } = button.dataset;
    if (act === "reset" && controlOf(button)) reset(controlOf(button));
    else if (act === "copy") copyLink(button);
    else if (act === "save") save(button.dataset.chart, button.dataset.format);
    else send(act, { name });
  });

  async function copyLink(button) {
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(window.location.href);
      button.textContent = "Link copied";
    } catch {
      button.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (button.textContent = words), 2000);
  }

  // Pictures

  const textOf = (id) => document.getElementById(id)?.textContent ?? "";

  function lines(text, length) {
    const found = [""];
    for (const word of text.split(" ")) {
      if (found.at(-1).length + word.length > length) found.push("");
      found[found.length - 1] += (found.at(-1) ? " " : "") + word;
    }
    return found;
  }

  function save(name, format) {
    const graph = document.querySelector(`#${name} .js-plotly-plot`);
    const layout = JSON.parse(JSON.stringify(graph.layout));
    const head = [`<b>${textOf("title")}</b>`, ...lines(textOf(`${name}-meaning`), 105)];
    const foot = lines(`${textOf(`${name}-says`)} ${textOf("compared")} ${textOf("status")}`, 120);
    const top = 30 + 19 * head.length;
    const bottom = 80 + 18 * foot.length;
    const note = (text, y, anchor, size) => ({
      text, x: 0, xref: "paper", xanchor: "left", yref: "paper", y, yanchor: anchor, align: "left",
      showarrow: false, font: { size },
    });
    const height = 460;
    layout.annotations = [
      ...(layout.annotations ?? []),
      note(head.join("<br>"), 1 + 36 / height, "bottom", 14),
      note(foot.join("<br>"), -60 / height, "top", 12),
    ];
    layout.margin = { ...layout.margin, t: top + 36, b: bottom, l: 70, r: 30 };
    layout.showlegend = true;
    layout.legend = { orientation: "h", y: -0.1, yanchor: "top", font: { size: 11 } };
    layout.annotations.at(-1).y = -135 / height;
    layout.margin.b += 70;
    const size = { width: 900, height: height + layout.margin.t + layout.margin.b };
    window.Plotly.downloadImage(
      { data: graph.data, layout: { ...layout, ...size, autosize: false } },
      { ...size, format, scale: 2, filename: `multivector_${name}` },
    );
  }

  // What the chosen outcome is about: a route, a channel, ...

  function fitting() {
    const axes = form()?.querySelector("#in-outcome")?.selectedOptions[0]?.dataset.axes?.split(" ");
    for (const box of document.querySelectorAll("[data-axis]"))
      box.hidden = !axes?.includes(box.dataset.axis);
  }

  // A form that is drawn anew

  new MutationObserver(() => {
    for (const box of document.querySelectorAll("[data-key^='value.']:not([data-seen])")) {
      box.dataset.seen = "1";
      if (narrow.matches) box.closest("details").open = false; // pictures come sooner
      shownText(box);
    }
    fitting();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
