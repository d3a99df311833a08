// The inbox page: keeps the list fresh without moving what the reader looks at. Everything from a mail is put in as text;
// its HTML part is shown by a sandboxed frame and never touches this document.
const REFRESH_MS = 2_000;
const ROWS_AT_ONCE = 100;
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

const element = (id) => document.getElementById(id);
const rows = element('rows');
const search = element('search');
const frame = element('html');

let wanted = ROWS_AT_ONCE;
let shown = '';
let open = '';
let mail = null;
let newestSeen = '';
let isFirst = true;

async function refresh() {
  const query = search.value;
  try {
    const answer = await fetch(`/_inbox/list?${new URLSearchParams({ q: query, limit: String(wanted) })}`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const list = await answer.text();
    element('trouble').hidden = true;
    if (query !== search.value || shown === query + list) return;
    shown = query + list;
    showList(JSON.parse(list), query);
  } catch {
    element('trouble').hidden = false;
  }
}

/** Keeps the elements of mails that are still there, so that focus, hover and the place in the list stay. */
function showList({ smtp, total, items }, query) {
  const list = element('list');
  const anchor = topmostInView(list);
  const before = anchor?.offsetTop ?? 0;
  showRows(items);
  if (anchor?.isConnected) list.scrollTop += anchor.offsetTop - before;
  if (items.length > 0 && items[0].at > newestSeen) newestSeen = items[0].at;
  isFirst = false;
  element('count').textContent = total === 1 ? '1 mail' : `${total} mails`;
  document.title = total === 0 ? 'Inbox' : `Inbox (${total})`;
  element('more').hidden = items.length >= total;
  element('clear').hidden = total === 0 || query !== '';
  showEmpty(total === 0, query, smtp);
  markChosen();
}

function showRows(items) {
  const ids = new Set(items.map(({ id }) => id));
  for (const old of rows.querySelectorAll('li')) if (!ids.has(old.dataset.id)) old.remove();
  let next = rows.firstElementChild;
  for (const item of items) {
    if (next?.dataset.id === item.id) next = next.nextElementSibling;
    else rows.insertBefore(createRow(item), next);
  }
}

function topmostInView(list) {
  if (list.scrollTop === 0) return null;
  return (
    [...rows.children].find((item) => item.offsetTop + item.offsetHeight > list.scrollTop + rows.offsetTop) ?? null
  );
}

function createRow({ id, recipients, subject, snippet, at }) {
  const item = document.createElement('li');
  item.dataset.id = id;
  if (!isFirst && at > newestSeen) item.className = 'fresh';
  const link = document.createElement('a');
  link.href = `#${id}`;
  const time = span('', shortTime(at), 'time');
  time.dateTime = at;
  time.title = longTime(at);
  link.append(
    span('recipient', recipients.join(', ')),
    time,
    span('subject', subject || '(no subject)'),
    span('snippet', snippet),
  );
  item.append(link);
  return item;
}

function span(className, text, tag = 'span') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function showEmpty(isEmpty, query, smtp) {
  const box = element('empty');
  box.hidden = !isEmpty;
  const [title, hint] = box.children;
  title.textContent = query === '' ? 'No mail yet' : 'Nothing found';
  hint.textContent =
    query === ''
      ? `Every mail sent to ${smtp} by SMTP is kept here and goes nowhere else.`
      : 'No recipient and no subject contains that.';
}

function markChosen() {
  for (const item of rows.children) {
    const link = item.firstElementChild;
    if (item.dataset.id === open) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

/** Opens the mail that the address names after the #, so that a reload or a shared link finds it again. */
async function readChosen() {
  const id = decodeURIComponent(location.hash.slice(1));
  open = id;
  markChosen();
  if (id === '') return showReader(null);
  const answer = await fetch(`/messages/${encodeURIComponent(id)}`).catch(() => null);
  if (open !== id) return;
  if (answer === null) element('trouble').hidden = false;
  else showReader(answer.ok ? await answer.json() : null, id);
}

function showReader(found, id) {
  mail = found;
  element('reader').hidden = found === null;
  element('nothing').hidden = found !== null;
  element('nothing').textContent = id === undefined ? 'Choose a mail to read it.' : 'This mail has been deleted.';
  document.body.classList.toggle('reading', found !== null);
  if (found === null) return frame.removeAttribute('src');
  element('subject').textContent = found.subject || '(no subject)';
  element('to').textContent = found.recipients.join(', ');
  element('from').textContent = found.from;
  element('at').textContent = longTime(found.at);
  element('at').dateTime = found.at;
  element('show-html').disabled = found.html === '';
  element('text').replaceChildren(...withLinks(found.text || 'This mail has no text part.'));
  element('text').scrollTop = 0;
  showPart(found.html === '' ? 'text' : 'html');
}

function showPart(part) {
  for (const name of ['html', 'text']) {
    element(name).hidden = name !== part;
    element(`show-${name}`).setAttribute('aria-pressed', String(name === part));
  }
  const source = `/messages/${encodeURIComponent(mail.id)}/html`;
  if (part === 'html' && frame.getAttribute('src') !== source) frame.setAttribute('src', source);
}

/** The text as nodes, with its web addresses as links that tell the other side nothing. */
function withLinks(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const link = document.createElement('a');
    link.href = found[0];
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.textContent = found[0];
    nodes.push(text.slice(end, found.index), link);
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)];
}

function shortTime(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(
    undefined,
    today ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' },
  );
}

function longTime(at) {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'medium' });
}

async function deleteAll() {
  await fetch('/messages', { method: 'DELETE' }).catch(() => null);
  await refresh();
}

async function refreshForEver() {
  if (!document.hidden) await refresh();
  setTimeout(() => void refreshForEver(), REFRESH_MS);
}

search.addEventListener('input', () => {
  wanted = ROWS_AT_ONCE;
  void refresh();
});
element('more').addEventListener('click', () => {
  wanted += ROWS_AT_ONCE;
  void refresh();
});
element('clear').addEventListener('click', () => {
  if (confirm('Delete all mails?')) void deleteAll();
});
element('back').addEventListener('click', () => {
  const row = rows.querySelector('[aria-current]');
  location.hash = '';
  addEventListener('hashchange', () => row?.focus({ preventScroll: true }), { once: true });
});
element('show-html').addEventListener('click', () => showPart('html'));
element('show-text').addEventListener('click', () => showPart('text'));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
addEventListener('hashchange', () => void readChosen());

void readChosen();
void refreshForEver();
