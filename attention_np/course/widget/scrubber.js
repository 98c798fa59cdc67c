
"use strict";

// The first position is drawn already; this adds the slider, and the values of the cell that is pointed at.
(() => {
  for (const root of document.querySelectorAll("#scrub:not(.ready)")) connect(root);

  function connect(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const followers = [...root.querySelectorAll(".panel")].map((element, index) => {
      const panel = data.panels[index];
      return {heat, lines, numbers}[panel.kind](element, panel);
    });
    const slider = made("input", {type: "range", min: 0, max: data.stops.length - 1, step: 1, value: data.start});
    const shown = made("output", {});
    slider.addEventListener("input", () => move(Number(slider.value)));
    keepKeys(slider);

    function move(position) {
      shown.textContent = data.stops[position];
      slider.setAttribute("aria-valuetext", `${data.name} ${data.stops[position]}`);
      for (const follow of followers) follow(position);
    }

    const label = made("label", {className: "control"});
    label.append(data.name, slider, shown);
    root.querySelector(".still").replaceWith(label);
    root.classList.add("ready");
    move(data.start);
  }

  function heat(element, panel) {
    const rows = [...element.querySelectorAll("tbody tr")];
    const cells = rows.flatMap(row => [...row.querySelectorAll("td:not(.sum)")]);
    const sums = rows.map(row => row.querySelector(".sum"));
    const read = element.querySelector(".read"), width = panel.sources.length;
    const invitation = "Point at a cell, or go to it with Tab and the arrow keys.";
    let now = 0, pointed = null;

    function follow(position) {
      now = position;
      panel.values[now].forEach((value, index) => {
        const share = Math.min(Math.max((value - panel.low) / (panel.high - panel.low), 0), 1);
        const place = Math.round(share * (panel.colours.length - 1));
        cells[index].style.backgroundColor = panel.colours[place];
        cells[index].style.color = panel.inks[place];
        cells[index].textContent = written(value);
      });
      if (panel.sums.length) panel.sums[now].forEach((value, row) => { sums[row].textContent = written(value); });
      say();
    }

    function written(value) {
      const digits = Math.abs(value / panel.unit).toFixed(2);
      if (Number(digits) === 0) return "0.00";
      return (value < 0 ? "−" : panel.signed ? "+" : "") + digits;
    }

    function say() {
      cells.forEach((cell, index) => cell.classList.toggle("pointed", index === pointed));
      if (pointed === null) { read.textContent = invitation; return; }
      const row = Math.floor(pointed / width), value = panel.values[now][pointed];
      read.textContent = `${panel.targets[row]} → ${panel.sources[pointed % width]}: ${String(value).replace("-", "−")}`;
    }

    function point(index) { pointed = index; say(); }

    cells.forEach((cell, index) => {
      cell.tabIndex = index ? -1 : 0;
      keepKeys(cell);
      cell.addEventListener("pointerenter", () => point(index));
      cell.addEventListener("pointerleave", () => point(null));
      cell.addEventListener("focus", () => point(index));
      cell.addEventListener("blur", () => point(null));
      cell.addEventListener("keydown", event => {
        const across = index % width;
        const target = {
          ArrowLeft: across > 0 ? index - 1 : index, ArrowRight: across < width - 1 ? index + 1 : index,
          ArrowUp: index - width, ArrowDown: index + width, Home: index - across, End: index - across + width - 1,
        }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        if (!cells[target]) return;
        cell.tabIndex = -1;
        cells[target].tabIndex = 0;
        cells[target].focus();
      });
    });
    return follow;
  }

  function lines(element, panel) {
    const here = element.querySelector(".here");
    const dots = element.querySelectorAll(".dot"), values = element.querySelectorAll(".legend b");
    return position => {
      const x = panel.across[position];
      here.setAttribute("transform", `translate(${x} 0)`);
      panel.series.forEach((series, index) => {
        dots[index].setAttribute("cx", x);
        dots[index].setAttribute("cy", series.up[position]);
        values[index].textContent = series.texts[position];
      });
    };
  }

  function numbers(element, panel) {
    const values = element.querySelectorAll("dd");
    return position => panel.rows.forEach((row, index) => { values[index].textContent = row[position]; });
  }

  // JupyterLab takes the arrow keys for itself unless what has the focus tells it to let them pass.
  function keepKeys(element) {
    element.dataset.lmSuppressShortcuts = "true";
  }

  function made(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }
})();
