// DT6 in VS Code: starts the server, tells it the user's settings, and puts its commands into the palette. All else
// that an editor shows (hover, symbols, code actions, ...) the language client does by itself.

import { commands, type ExtensionContext, workspace } from "vscode";

import { Answers } from "./answers";
import { architecture, ask, askForQuestion, explain, here } from "./ask";
import { showError } from "./errors";
import { search, switchModel } from "./pickers";
import type { AskParams } from "./protocol";
import { Server } from "./server";
import { Status } from "./status";

let running: Server | undefined;

export function activate(context: ExtensionContext): void {
    const server = new Server(context);
    const answers = new Answers();
    const status = new Status(server);
    running = server;
    context.subscriptions.push(
        server,
        answers,
        status,
        ...commandsOf(server, answers, status),
        workspace.onDidGrantWorkspaceTrust(() => server.tellSettings()),
        workspace.onDidChangeConfiguration(async (event) => {
            if (event.affectsConfiguration("dt6.server")) {
                await server.restart();
            }
        }),
    );
    if ((workspace.workspaceFolders ?? []).length > 0) {
        void server.restart();
    }
}

export function deactivate(): Promise<void> | undefined {
    return running?.stop();
}

function* commandsOf(server: Server, answers: Answers, status: Status): Generator<{ dispose: () => void }> {
    // What is the server's, too, does what the server does when it is given an argument, as by a code lens or a key
    // binding; without one it asks for what is missing and shows what comes.
    const or = (command: string, handler: () => unknown) => (given?: unknown) =>
        isObject(given) ? server.execute(command, given) : handler();
    const handlers: Record<string, (given?: unknown) => unknown> = {
        "dt6.ask": async (given) => {
            const named: Partial<AskParams> = isObject(given) ? given : here("selection");
            const question = named.question ?? (await askForQuestion());
            if (question !== undefined) {
                await ask(server, answers, { ...named, question });
            }
        },
        "dt6.explain": or("dt6.explain", () => explain(server)),
        "dt6.search": or("dt6.search", () => search(server)),
        "dt6.architecture": or("dt6.architecture", () => architecture(server)),
        "dt6.index": or("dt6.index", () => server.execute("dt6.index")),
        "dt6.switchModel": or("dt6.switchModel", async () => {
            if (await switchModel(server)) {
                await status.refresh();
            }
        }),
        "dt6.stats": or("dt6.stats", () => server.execute("dt6.stats", { show: true })),
        "dt6.restart": () => server.restart(),
        "dt6.showOutput": () => {
            server.output.show();
        },
    };
    for (const [name, handler] of Object.entries(handlers)) {
        yield commands.registerCommand(name, async (given?: unknown) => {
            try {
                return await handler(given);
            } catch (error) {
                showError(error);
                return undefined;
            }
        });
    }
}

function isObject(given: unknown): given is object {
    return typeof given === "object" && given !== null;
}
