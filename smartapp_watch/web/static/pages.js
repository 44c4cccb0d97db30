// The value under the pointer, in words. Everything it says stands in the table beside the drawing, too.
"use strict";

function crosshair(svg) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "cross");
  line.setAttribute("y1", "4");
  line.setAttribute("y2", svg.dataset.bottom);
  line.setAttribute("visibility", "hidden");
  svg.append(line);
  return line;
}

function follow(svg) {
  const table = document.getElementById("figures-" + svg.dataset.chart);
  const rows = Array.from(table.tBodies[0].rows).reverse();
  const left = Number(svg.dataset.left);
  const step = Number(svg.dataset.step);
  const said = document.createElement("span");
  said.className = "now";
  svg.parentElement.querySelector("figcaption").append(said);
  const line = crosshair(svg);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) * svg.viewBox.baseVal.width) / box.width;
    const number = Math.min(rows.length - 1, Math.max(0, Math.round((x - left) / step)));
    line.setAttribute("x1", String(left + number * step));
    line.setAttribute("x2", String(left + number * step));
    line.setAttribute("visibility", "visible");
    said.textContent = Array.from(rows[number].cells, (cell) => cell.textContent).filter(Boolean).slice(0, 2).join(" · ");
  });
  svg.addEventListener("pointerleave", () => {
    line.setAttribute("visibility", "hidden");
    said.textContent = "";
  });
}

document.querySelectorAll("svg[data-chart]").forEach(follow);
