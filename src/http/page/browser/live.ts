/** Keeps the page as it is on the server now: what has changed is changed in place, so that nothing jumps or closes. */

const INTERVAL_MS = 15_000;
const ANSWER_MS = 10_000;

let timer: number | undefined;
let failedSince: Date | undefined;
let isAsking = false;

function byId(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`#${id}`);
}

function say(id: string, text: string): void {
  const element = byId(id);
  if (element !== null && element.textContent !== text) element.textContent = text;
}

async function refresh(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    const response = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(String(response.status));
    takeUp(new DOMParser().parseFromString(await response.text(), 'text/html'));
    failedSince = undefined;
    say('connection', '');
  } catch {
    failedSince ??= new Date();
    say(
      'connection',
      `walguard has not answered since ${failedSince.toLocaleTimeString()}: what is here is from before.`,
    );
  } finally {
    isAsking = false;
    schedule();
  }
}

function schedule(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void refresh(), INTERVAL_MS);
}

/** Throws if it is not walguard's page, as that of a proxy's login. */
function takeUp(fresh: Document): void {
  const [before, after] = [byId('page'), fresh.querySelector<HTMLElement>('#page')];
  if (before === null || after === null) throw new Error('not the page of walguard');
  const verdict = before.dataset['verdict'];
  bring(before, after);
  bring(byId('as-of'), fresh.querySelector('#as-of'));
  document.title = fresh.title;
  if (after.dataset['verdict'] !== verdict) say('announcement', announcementOf(fresh));
  addLocalTimes();
}

function announcementOf(fresh: Document): string {
  const [verdict, sentence] = ['#verdict', '#sentence'].map((selector) => fresh.querySelector(selector)?.lastChild);
  return `The verdict has changed: ${verdict?.textContent?.trim() ?? ''}. ${sentence?.textContent ?? ''}`;
}

/** Makes a node what another one is, with as few changes as need be: focus, selection and place on the page stay. */
function bring(node: Element | null, to: Element | null): void {
  if (node === null || to === null) return;
  bringAttributes(node, to);
  const wanted = [...to.childNodes];
  for (const [index, child] of wanted.entries()) {
    const named = child instanceof Element && child.id !== '' ? byIdIn(node, child.id) : undefined;
    const present = node.childNodes[index] ?? null;
    if (named !== undefined && named !== present) node.insertBefore(named, present);
    bringChild(node, node.childNodes[index] ?? null, child);
  }
  while (node.childNodes.length > wanted.length) node.lastChild?.remove();
}

function bringChild(node: Element, present: ChildNode | null, child: ChildNode): void {
  if (present instanceof Element && child instanceof Element && isSame(present, child)) bring(present, child);
  else if (present instanceof Text && child instanceof Text) {
    if (present.data !== child.data) present.data = child.data;
  } else node.insertBefore(document.importNode(child, true), present);
}

/** What stood elsewhere comes to its place as it is: something before it may be new, or gone. */
function byIdIn(node: Element, id: string): Element | undefined {
  return [...node.children].find((child) => child.id === id);
}

function isSame(one: Element, other: Element): boolean {
  return one.nodeName === other.nodeName && one.id === other.id;
}

/** What the reader did stays: details that were opened, and the times that were added. */
function bringAttributes(node: Element, to: Element): void {
  const isKept = (name: string): boolean =>
    (name === 'open' && node instanceof HTMLDetailsElement) || (name === 'title' && node instanceof HTMLTimeElement);
  for (const name of node.getAttributeNames()) if (!to.hasAttribute(name) && !isKept(name)) node.removeAttribute(name);
  for (const { name, value } of to.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** What the server writes is UTC; the reader's own time shows when it is pointed at. */
function addLocalTimes(): void {
  for (const time of document.querySelectorAll('time')) {
    const local = new Date(time.dateTime).toLocaleString();
    if (time.title !== local) time.title = local;
  }
}

document.addEventListener('visibilitychange', () => void refresh());
addLocalTimes();
schedule();
