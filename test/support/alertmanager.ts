import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse, stringify } from 'yaml';
import { projectDirectory } from './project-directory.ts';
import { startWebProcess, WebProcess } from './web-process.ts';

const binary = process.env['ALERTMANAGER_BINARY'] ?? 'prometheus-alertmanager';

/** A message as the chat gets it. */
export interface Message {
  readonly title: string;
  readonly text: string;
  /** When it came. */
  readonly at: Date;
}

/** A chat that keeps what it is sent. Dispose of it. */
export class Chat implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Starts a chat that takes what Alertmanager sends to Slack. */
export async function startChat(): Promise<Chat> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { attachments } = JSON.parse(body) as { readonly attachments: readonly Omit<Message, 'at'>[] };
      for (const { title, text: said } of attachments) chat.messages.push({ title, text: said, at: new Date() });
      response.end('ok');
    });
  }).listen(0, '127.0.0.1');
  const chat = new Chat(server);
  await once(server, 'listening');
  return chat;
}

interface Receiver {
  readonly name: string;
  readonly slack_configs?: readonly Readonly<Record<string, unknown>>[];
}

interface Route {
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly routes?: readonly Route[];
}

/**
 * Starts Alertmanager with a configuration, changed for a test: everything that goes to a chat goes to this one, there is
 * no mail, and nothing waits. Dispose of it.
 */
export async function startAlertmanager(example: string, chat: Chat): Promise<WebProcess> {
  return await startWebProcess({
    binary,
    create: (child, directory) => new WebProcess(child, directory),
    async prepare(directory) {
      const configFile = join(directory, 'alertmanager.yml');
      await writeFile(configFile, forTest(example, chat.url));
      return [
        `--config.file=${configFile}`,
        `--storage.path=${join(directory, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        '--cluster.listen-address=',
        '--log.level=debug',
      ];
    },
  });
}

function forTest(example: string, chatUrl: string): string {
  const config = parse(example) as {
    readonly route: Route;
    readonly receivers: readonly Receiver[];
    readonly inhibit_rules: unknown;
  };
  return stringify({
    templates: [join(projectDirectory, 'prometheus/templates/*.tmpl')],
    route: withoutWaiting(config.route),
    receivers: config.receivers.map(({ name, slack_configs: chats = [] }) => ({
      name,
      slack_configs: chats.map((chatConfig) => ({ ...chatConfig, api_url_file: undefined, api_url: chatUrl })),
    })),
    inhibit_rules: config.inhibit_rules,
  });
}

function withoutWaiting({ routes = [], ...route }: Route): Route {
  return {
    ...route,
    group_wait: '2s',
    group_interval: '2s',
    repeat_interval: '1h',
    ...(routes.length === 0 ? {} : { routes: routes.map(withoutWaiting) }),
  };
}
