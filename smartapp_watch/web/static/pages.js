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
  const table = document.getElementById(svg.dataset.table);
  const rows = Array.from(table.tBodies[0].rows).reverse();
  const column = 1 + Number(svg.dataset.column);
  const left = Number(svg.dataset.left);
  const step = Number(svg.dataset.step);
  const said = document.createElement("span");
  said.hidden = true;
  const caption = svg.parentElement.querySelector("figcaption");
  const value = caption.querySelector(".value");
  caption.append(said);
  const line = crosshair(svg);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) * svg.viewBox.baseVal.width) / box.width;
    const number = Math.min(rows.length - 1, Math.max(0, Math.round((x - left) / step)));
    line.setAttribute("x1", String(left + number * step));
    line.setAttribute("x2", String(left + number * step));
    line.setAttribute("visibility", "visible");
    said.hidden = false;
    if (value) value.hidden = true;
    said.textContent = rows[number].cells[0].textContent + " · " + rows[number].cells[column].textContent;
  });
  svg.addEventListener("pointerleave", () => {
    line.setAttribute("visibility", "hidden");
    said.hidden = true;
    if (value) value.hidden = false;
  });
}

document.querySelectorAll("svg[data-table]").forEach(follow);
