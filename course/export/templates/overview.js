// The table of submissions: a click on a heading sorts, a word filters. Tables that scroll say so.
// This is in the page as it is, and the page's policy names its checksum, so no other script runs.
function tellWhatScrolls() {
  for (const box of document.querySelectorAll(".wide")) {
    box.classList.toggle("scrolls", box.scrollWidth > box.clientWidth);
  }
}
addEventListener("resize", tellWhatScrolls);
tellWhatScrolls();
const table = document.querySelector("table.sortable");
const body = table.tBodies[0];
const number = new Intl.Collator(undefined, { numeric: true });
for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
  const button = document.createElement("button");
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => {
    const down = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
    const text = (row) => row.cells[column].textContent;
    body.append(...[...body.rows].sort((a, b) => down * number.compare(text(a), text(b))));
  });
}
const filter = document.createElement("input");
filter.type = "search";
filter.placeholder = "filter: a name, an exercise, late, fails";
filter.setAttribute("aria-label", "filter the submissions");
filter.addEventListener("input", () => {
  const word = filter.value.toLowerCase();
  for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(word);
});
table.parentElement.before(filter);
