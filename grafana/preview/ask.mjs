/** What every panel of a dashboard shows: the answers of Prometheus to its queries, as Grafana would ask them. */
export async function askFor(dashboard, asked) {
  const complaints = [];
  const panels = placed(dashboard.panels, asked.isOpen);
  const answers = {};
  for (const panel of panels) {
    if (panel.type === 'row') continue;
    const stepSeconds = stepOf(panel, asked);
    answers[panel.id] = await Promise.all(
      panel.targets.map(async (target) => {
        const expr = filledIn(target.expr, dashboard, asked, stepSeconds);
        const result = await query(expr, target.instant === true, stepSeconds, asked).catch((error) => {
          complaints.push(`${panel.id} ${target.refId}: ${error.message}`);
          return [];
        });
        return { target, stepSeconds, result };
      }),
    );
  }
  const annotations = await Promise.all(
    dashboard.annotations.list
      .filter(({ enable }) => enable)
      .map(async (annotation) => {
        const expr = filledIn(annotation.expr, dashboard, asked, 60);
        return { annotation, result: await query(expr, false, Number.parseInt(annotation.step, 10), asked) };
      }),
  );
  const { fromSeconds, toSeconds, width } = asked;
  return { dashboard, panels, answers, annotations, fromSeconds, toSeconds, width, complaints };
}

/** The panels that are seen; those of closed rows only where these are opened, which moves what is below. */
function placed(panels, isOpen) {
  let moved = 0;
  return panels.flatMap((panel) => {
    const at = { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + moved } };
    if (panel.type !== 'row' || panel.collapsed !== true || !isOpen) return [at];
    const bottom = Math.max(...panel.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    const inside = panel.panels.map((each) => ({ ...each, gridPos: { ...each.gridPos, y: each.gridPos.y + moved } }));
    moved += bottom - panel.gridPos.y - 1;
    return [{ ...at, collapsed: false }, ...inside];
  });
}

/** As many points as the panel has pixels, and none between two scrapes. */
function stepOf({ gridPos }, { fromSeconds, toSeconds, scrapeSeconds, width }) {
  const pixels = Math.max(100, (gridPos.w * width) / 24);
  return Math.max(scrapeSeconds, Math.ceil((toSeconds - fromSeconds) / pixels));
}

function filledIn(expr, dashboard, { chosen, fromSeconds, toSeconds, scrapeSeconds }, stepSeconds) {
  const variables = dashboard.templating.list.filter(({ type }) => type === 'query');
  const values = {
    $__rate_interval: `${Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds)}s`,
    $__range: `${toSeconds - fromSeconds}s`,
    ...Object.fromEntries(variables.map(({ name, allValue }) => [`$${name}`, chosen[name] ?? allValue])),
  };
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), expr);
}

async function query(expr, isInstant, stepSeconds, { prometheus, fromSeconds, toSeconds }) {
  const start = Math.floor(fromSeconds / stepSeconds) * stepSeconds;
  const end = Math.floor(toSeconds / stepSeconds) * stepSeconds;
  const parameters = isInstant ? { time: toSeconds } : { start, end, step: stepSeconds };
  const path = isInstant ? 'query' : 'query_range';
  const response = await fetch(`${prometheus}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr, ...parameters }),
  });
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${expr}`);
  return answer.data.result;
}
