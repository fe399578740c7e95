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
  // The text of a cell without its remarks, unless it has nothing else.
  const textOf = (row, column) => {
    const cell = row.cells[column];
    const parts = [...(cell ? cell.childNodes : [])];
    const own = parts.filter((one) => one.className !== "kind");
    const text = own.map((one) => one.textContent).join("").trim() ||
      (cell ? cell.textContent.trim() : "");
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
  const rowsOf = (table) => [...table.tBodies[0].rows];
  const captionOf = (table) => table?.caption?.textContent;
  // The table, and the folded rest of its rows.
  const partsOf = (table) => {
    const rest = table.nextElementSibling?.querySelector(":scope > summary + table");
    return captionOf(rest) === captionOf(table) + ", continued" ? [table, rest] : [table];
  };
  const sort = (parts, column) => {
    const heading = headingsOf(parts[0])[column];
    const isDown = heading.getAttribute("aria-sort") === "ascending";
    const rows = parts.flatMap(rowsOf).map((row) => [textOf(row, column), row]);
    const compare = comparison(rows.map(([text]) => text), heading.classList.contains("number"));
    rows.sort(([one], [other]) => (one === "") - (other === "") ||
      (isDown ? compare(other, one) : compare(one, other)));
    const counts = parts.map((table) => table.tBodies[0].rows.length); // before a row moves over
    for (const [at, table] of parts.entries()) {
      table.tBodies[0].append(...rows.splice(0, counts[at]).map(([, row]) => row));
      clear(table);
      headingsOf(table)[column].setAttribute("aria-sort", isDown ? "descending" : "ascending");
    }
    parts[0].dispatchEvent(new Event("sorted", { bubbles: true }));
  };
  // The row of headings; a row above it is for paper.
  const headingsOf = (table) => [...table.tHead.rows].at(-1).cells;
  const clear = (table) => {
    for (const one of headingsOf(table)) one.removeAttribute("aria-sort");
  };
  // On a narrow screen tables are cards without headings.
  const isNarrow = matchMedia("(max-width: 62rem)").matches;
  const tables = isNarrow ? [] : [...document.querySelectorAll("table")].filter((one) => one.tHead);
  const rests = new Set(tables.flatMap((table) => partsOf(table).slice(1)));
  for (const table of tables.filter((one) => !rests.has(one))) {
    const parts = partsOf(table);
    const rows = parts.flatMap(rowsOf);
    const isFilledLater = table.classList.contains("found");
    if (rows.length < 2 && !isFilledLater) continue;
    for (const heading of parts.flatMap((one) => [...headingsOf(one)])) {
      const column = heading.cellIndex;
      const hasSeveral = rows.some((row) =>
        row.cells[column] && row.cells[column].querySelectorAll(".amounts > span").length > 1);
      if (!heading.textContent || hasSeveral) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(parts, column));
    }
  }
  addEventListener("filled", (event) => clear(event.target.querySelector("table")));
})();
