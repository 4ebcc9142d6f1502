import { STATUS_PATH } from './status-route.ts';

/** The page at `/`: where things are. */
export function landingPage(version: string, telemetryPath: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>walguard</title></head>
<body>
<h1>walguard</h1>
<p>Version ${version}</p>
<ul>
<li><a href="${telemetryPath}">Metrics</a></li>
<li><a href="${STATUS_PATH}">Recoverability</a></li>
<li><a href="/-/healthy">Health</a></li>
<li><a href="/-/ready">Readiness</a></li>
</ul>
</body>
</html>
`;
}
