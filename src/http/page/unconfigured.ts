import { html, type Html } from './html.ts';

/** How walguard is told of archives and backups, for who has not done it. */
export function unconfiguredHtml(): Html {
  return html`<section aria-labelledby="configure">
<h2 id="configure">walguard knows of no backups yet</h2>
<p>Without a WAL archive and backups to look at, nobody can say what could be got back. What is above is PostgreSQL's own
word. Write where they are into a file, and start walguard with <code>--config.file</code>:</p>
<pre tabindex="0" aria-label="an example of a configuration file"><code>repositories:
  main:
    backup_interval: 1d
    archive: {method: directory, path: /mnt/archive}
    backups: [{method: pg_basebackup, path: /mnt/backups}]
recoverability: {rpo: 5m}
</code></pre>
<p>The methods and all that can be said of a repository are in <code>docs/recoverability.md</code>.</p>
</section>\n`;
}
