
"use strict";

// Everything readable stands in the page already; this adds browsing, and attention shown on the words.
const LABELLED = 5, LABEL_FROM = 0.05, NAMED = 5;

for (const root of document.querySelectorAll(".browser")) browse(root);

function browse(root) {
  const weights = JSON.parse(root.querySelector("script.weights").textContent).thousandths;
  const find = selector => root.querySelector(selector);
  const examples = [...root.querySelectorAll(".example")].map((article, index) => ({
    article,
    name: article.querySelector("h3").textContent,
    score: Number(article.dataset.score),
    scoreText: article.querySelector(".score b").textContent,
    text: searched(article),
    weights: weights[index],
    button: element("button", {type: "button"}),
    connected: false,
  }));
  const choices = find(".choices"), search = find("input"), position = find(".position");
  let ordered = examples, listed = examples, current = examples[0];

  for (const example of examples) {
    const meter = element("span", {className: "meter"}, element("span"));
    meter.firstChild.style.width = `${100 * example.score}%`;
    example.button.append(
      element("span", {className: "name"}, example.name),
      element("span", {className: "value"}, example.scoreText), meter,
    );
    example.button.addEventListener("click", () => show(example));
  }

  function show(example) {
    for (const other of examples) {
      other.article.hidden = other !== example;
      other.button.tabIndex = other === example ? 0 : -1;
      other.button.setAttribute("aria-current", String(other === example));
    }
    if (!example) {
      position.textContent = `None of the ${examples.length} examples contains “${search.value.trim()}”.`;
      return;
    }
    current = example;
    if (!example.connected) connectWords(example.article, example.weights);
    example.connected = true;
    const button = example.button, top = button.parentNode.offsetTop - choices.offsetTop;
    if (top < choices.scrollTop || top + button.offsetHeight > choices.scrollTop + choices.clientHeight) {
      choices.scrollTop = top - choices.clientHeight / 3;
    }
    const found = listed.length === examples.length ? "" : ` found (${examples.length} in all)`;
    position.textContent = `Example ${listed.indexOf(example) + 1} of ${listed.length}${found}: `
      + `${example.name}, ${root.dataset.metric} ${example.scoreText}`;
  }

  function list(first) {
    const wanted = search.value.trim().toLowerCase();
    listed = ordered.filter(example => example.text.includes(wanted));
    choices.replaceChildren(...listed.map(example => element("li", {}, example.button)));
    show(first && listed.includes(first) ? first : listed[0]);
  }

  for (const button of root.querySelectorAll("[data-order]")) {
    button.addEventListener("click", () => {
      for (const other of root.querySelectorAll("[data-order]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      ordered = inOrder(examples, button.dataset.order);
      list();
    });
  }
  search.addEventListener("input", () => list(current));
  for (const button of root.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const target = listed.indexOf(current) + Number(button.dataset.step) + listed.length;
      if (listed.length) show(listed[target % listed.length]);
    });
  }
  choices.addEventListener("keydown", event => {
    const target = moved(event.key, listed.indexOf(current), listed.length, ["ArrowUp"], ["ArrowDown"]);
    if (target === null) return;
    event.preventDefault();
    show(listed[target]);
    listed[target].button.focus();
  });

  root.classList.add("browsing");
  for (const part of root.querySelectorAll(".scripted")) part.hidden = false;
  list();
}

function inOrder(examples, order) {
  const copy = [...examples];
  if (order === "best") copy.sort((a, b) => b.score - a.score);
  if (order === "worst") copy.sort((a, b) => a.score - b.score);
  if (order === "shuffled") {
    for (let last = copy.length - 1; last > 0; last--) {
      const other = Math.floor(Math.random() * (last + 1));
      [copy[last], copy[other]] = [copy[other], copy[last]];
    }
  }
  return copy;
}

// A word pointed at is shown while the pointer stays; a word that has the focus or was clicked stays shown.
function connectWords(article, thousandths) {
  const weights = thousandths.map(row => row.map(weight => weight / 1000));
  const sides = {generated: wordsOf(article, "generated"), source: wordsOf(article, "source")};
  const all = [...sides.generated, ...sides.source];
  const looked = article.querySelector(".looked");
  if (!sides.generated.length || !sides.source.length) return;
  looked.hidden = false;
  let chosen = null;

  function display(word) {
    for (const other of all) {
      other.style.removeProperty("--weight");
      other.removeAttribute("data-weight");
      other.classList.toggle("selected", other === word);
    }
    const fromGenerated = sides.generated.includes(word);
    const index = fromGenerated ? sides.generated.indexOf(word) : sides.source.indexOf(word);
    const others = fromGenerated ? sides.source : sides.generated;
    const values = fromGenerated ? weights[index] : weights.map(row => row[index]);
    const strongest = values.map((value, at) => [value, at]).filter(([value]) => value > 0)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    values.forEach((value, at) => others[at].style.setProperty("--weight", value));
    for (const [value, at] of strongest.slice(0, LABELLED)) {
      if (value >= LABEL_FROM) others[at].dataset.weight = value >= 0.995 ? "1.0" : value.toFixed(2).slice(1);
    }
    describe(word, fromGenerated, others, strongest);
  }

  function describe(word, fromGenerated, others, strongest) {
    const copied = word.classList.contains("copied") ? " (copied by the pointer)" : "";
    const named = strongest.slice(0, NAMED).filter(([value], rank) => rank === 0 || value >= 0.01);
    const list = named.map(([value, at]) => `“${others[at].textContent}” ${value.toFixed(3)}`).join(", ");
    const rest = strongest.slice(named.length).reduce((sum, [value]) => sum + value, 0);
    const tail = rest > 0 ? `; all others together ${rest.toFixed(3)}.` : ".";
    const verb = fromGenerated ? `${copied} looked at: ` : " in the source was looked at by: ";
    const caution = fromGenerated ? "" : " These weights are of different words and need not add up to 1.";
    const nothing = fromGenerated ? `${copied} looked at nothing.` : " in the source was looked at by none.";
    looked.replaceChildren(
      element("b", {}, `“${word.textContent}”`), list ? verb + list + tail + caution : nothing,
    );
  }

  function choose(word) {
    chosen = word;
    const side = sides.generated.includes(word) ? sides.generated : sides.source;
    if (side === sides.source) for (const other of side) other.tabIndex = other === word ? 0 : -1;
    display(word);
  }

  // Each generated word is a stop of the Tab key; the source is one stop, and the arrow keys move within it.
  sides.generated.forEach(word => { word.tabIndex = 0; });
  sides.source.forEach((word, index) => { word.tabIndex = index ? -1 : 0; });
  for (const word of all) {
    word.setAttribute("role", "button");
    word.addEventListener("pointerenter", () => display(word));
    word.addEventListener("pointerleave", () => display(chosen));
    word.addEventListener("focus", () => choose(word));
    word.addEventListener("click", () => choose(word));
    word.addEventListener("keydown", event => {
      const side = sides.generated.includes(word) ? sides.generated : sides.source;
      const back = ["ArrowLeft", "ArrowUp"], forth = ["ArrowRight", "ArrowDown"];
      const target = moved(event.key, side.indexOf(word), side.length, back, forth);
      if (target === null) return;
      event.preventDefault();
      side[target].focus();
    });
  }
  choose(sides.generated[0]);
}

function searched(article) {
  const parts = [...article.querySelectorAll("h3, .words, dd")];
  return parts.map(part => part.textContent).join(" ").toLowerCase();
}

function wordsOf(article, side) {
  return [...article.querySelectorAll(`.words.${side} .word`)];
}

// Where a key leads in a row of things, or null if it leads nowhere.
function moved(key, index, length, back, forth) {
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  if (back.includes(key)) return Math.max(index - 1, 0);
  if (forth.includes(key)) return Math.min(index + 1, length - 1);
  return null;
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
