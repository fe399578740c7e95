(() => {
  const months = ["January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December"];
  const day = (text) => {
    const found = /(?:(\d{1,2}) )?([A-Z][a-z]+) (\d{4})/.exec(text);
    const month = found ? months.indexOf(found[2]) : -1;
    return month < 0 ? null : found[3] * 10000 + month * 100 + Number(found[1] || 0);
  };
  const number = (text) => {
    const found = /[+\u2212-]?\d[\d,]*(?:\.\d+)?/.exec(text);
    return found ? Number(found[0].replaceAll(",", "").replace("\u2212", "-")) : -Number.MAX_VALUE;
  };
  const currency = (text) => (/\b[A-Z]{3}\b/.exec(text) || [""])[0];
  const order = new Intl.Collator("en", { numeric: true });
  const textOf = (row, column) => {
    const text = (row.cells[column] ? row.cells[column].textContent : "").trim();
    return text === "\u2013" ? "" : text;
  };
  // Compares two texts of a column; amounts of one currency stay together.
  const comparison = (texts, isNumber) => {
    const full = texts.filter(Boolean);
    if (isNumber) {
      return (one, other) => order.compare(currency(one), currency(other)) ||
        number(one) - number(other);
    }
    if (full.length && full.every((text) => day(text) !== null)) {
      return (one, other) => day(one) - day(other);
    }
    return order.compare;
  };
  const sort = (table, heading) => {
    const column = heading.cellIndex;
    const isDown = heading.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [textOf(row, column), row]);
    const compare = comparison(rows.map(([text]) => text), heading.classList.contains("number"));
    rows.sort(([one], [other]) => (one === "") - (other === "") ||
      (isDown ? compare(other, one) : compare(one, other)));
    body.append(...rows.map(([, row]) => row));
    clear(table);
    heading.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  };
  // The row of headings; a row above it is for paper.
  const headingsOf = (table) => [...table.tHead.rows].at(-1).cells;
  const clear = (table) => {
    for (const one of headingsOf(table)) one.removeAttribute("aria-sort");
  };
  // On a narrow screen tables are cards without headings.
  const isNarrow = matchMedia("(max-width: 62rem)").matches;
  for (const table of isNarrow ? [] : document.querySelectorAll("table")) {
    const isFilledLater = table.classList.contains("found");
    if (!table.tHead || (table.tBodies[0].rows.length < 2 && !isFilledLater)) continue;
    for (const heading of headingsOf(table)) {
      const column = heading.cellIndex;
      const hasSeveral = [...table.tBodies[0].rows].some((row) =>
        row.cells[column] && row.cells[column].querySelectorAll(".amounts > span").length > 1);
      if (!heading.textContent || hasSeveral) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading));
    }
  }
  addEventListener("filled", (event) => clear(event.target.querySelector("table")));
})();
