// The language server's life: found, started, restarted, stopped; and the client that speaks to it.
//
// Not here: what commands do, and what the status bar shows.

import { randomUUID } from "node:crypto";
import { homedir } from "node:os";

import {
    type CancellationToken,
    commands,
    type Disposable,
    EventEmitter,
    type ExtensionContext,
    type Progress as Shown,
    type ProviderResult,
    Uri,
    window,
} from "vscode";
import {
    DidChangeConfigurationNotification,
    ExecuteCommandRequest,
    type LanguageClientOptions,
    RevealOutputChannelOn,
    State,
    type StaticFeature,
    WorkDoneProgress,
    type WorkDoneProgressBegin,
    type WorkDoneProgressEnd,
    type WorkDoneProgressReport,
} from "vscode-languageclient";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

import { openPreview } from "./answers";
import { previewed } from "./markdown";
import { find } from "./program";
import { contributedCommands, serverCommand, spoken } from "./settings";

export type ServerState = "stopped" | "missing" | "starting" | "running";
export type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

const COMMAND_SETTING = "dt6.server.command";
const PAGES = "dt6"; // the scheme of the documents that the server writes
const APPLY = "dt6.applyAction";

/** What the action that asks about lines says of them (counted from 1, both included). */
interface Asked {
    kind: string;
    uri: string;
    start_line: number;
    end_line: number;
}

export class Server implements Disposable {
    readonly output = window.createOutputChannel("DT6", { log: true });
    private readonly states = new EventEmitter<ServerState>();
    readonly onDidChangeState = this.states.event;
    private readonly progresses = new EventEmitter<[token: string | number, Progress]>();
    /** Of the bars that the server makes by itself, such as that of indexing. */
    readonly onProgress = this.progresses.event;

    private client: LanguageClient | undefined;
    private changing: Promise<void> = Promise.resolve();

    constructor(private readonly context: ExtensionContext) {}

    /** Starts, or stops and starts anew with the settings of now. One change at a time. */
    restart(): Promise<void> {
        this.changing = this.changing.then(async () => {
            await this.end();
            await this.begin();
        });
        return this.changing;
    }

    stop(): Promise<void> {
        this.changing = this.changing.then(() => this.end());
        return this.changing;
    }

    /** The settings of now reach the server: it asks for them when it is told that some changed. */
    async tellSettings(): Promise<void> {
        if (this.client?.isRunning() === true) {
            await this.client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
        }
    }

    /** The client of a running server, which is started when it is not. Throws when it can't be, and the user knows. */
    async running(): Promise<LanguageClient> {
        await this.changing;
        if (this.client?.isRunning() !== true) {
            await this.restart();
        }
        if (this.client?.isRunning() !== true) {
            throw new Told("The server is not running.");
        }
        return this.client;
    }

    /** Runs a command of the server. Where `progress` shows how far it is, the server makes no bar of its own. */
    async execute<T>(command: string, argument: object = {}, progress?: Shown<{ message: string }>, cancel?: CancellationToken): Promise<T> {
        const client = await this.running();
        const params = { command, arguments: [argument] };
        if (progress === undefined) {
            return client.sendRequest(ExecuteCommandRequest.type, params, cancel) as Promise<T>;
        }
        const workDoneToken = randomUUID();
        const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (step) => {
            if (step.message !== undefined) {
                progress.report({ message: step.message });
            }
        });
        try {
            return (await client.sendRequest(ExecuteCommandRequest.type, { ...params, workDoneToken }, cancel)) as T;
        } finally {
            listening.dispose();
        }
    }

    dispose(): void {
        this.states.dispose();
        this.progresses.dispose();
        this.output.dispose();
    }

    private async begin(): Promise<void> {
        const [name = "", ...args] = serverCommand();
        const program = await find(name);
        if (program === undefined) {
            this.states.fire("missing");
            this.output.error(`There is no program ${name}.`);
            void this.tellMissing(name);
            return;
        }
        this.output.info(`Starting ${[program, ...args].join(" ")}`);
        // The home folder: some systems look for programs in the current one, and that must not be a workspace.
        const run = { command: program, args: [...args, "serve"], options: { cwd: homedir() }, transport: TransportKind.stdio };
        const client = new LanguageClient("dt6", "DT6", run, this.options());
        client.registerFeature(new OwnCommands(contributedCommands(this.context)));
        client.onDidChangeState(({ newState }) => {
            this.states.fire(named(newState));
        });
        this.client = client;
        try {
            await client.start();
        } catch (error) {
            this.output.error(`The server did not start: ${String(error)}`); // the client has shown it
        }
    }

    private async end(): Promise<void> {
        const client = this.client;
        this.client = undefined;
        try {
            await client?.dispose();
        } catch (error) {
            this.output.warn(`The server did not end in order: ${String(error)}`);
        }
    }

    private options(): LanguageClientOptions {
        return {
            documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { notebook: "*" }],
            outputChannel: this.output,
            // Failures are shown by whoever asked, in the server's words; this would show that something failed.
            revealOutputChannelOn: RevealOutputChannelOn.Never,
            initializationOptions: () => spoken(this.context),
            middleware: {
                workspace: {
                    configuration: ({ items }) =>
                        items.map(({ section }) => (section === "dt6" ? spoken(this.context) : null)),
                },
                handleWorkDoneProgress: (token, params, next) => {
                    this.progresses.fire([token, params]);
                    next(token, params);
                },
                window: {
                    showDocument: async (params, token, next) => {
                        const uri = Uri.parse(params.uri);
                        if (uri.scheme !== PAGES) {
                            return next(params, token);
                        }
                        await openPreview(uri);
                        return { success: true };
                    },
                },
                provideTextDocumentContent: async (uri, token, next) => previewed((await next(uri, token)) ?? ""),
                executeCommand: (command, args: unknown[], next): ProviderResult<unknown> => {
                    const [about] = args as [Partial<Asked>?];
                    return command === APPLY && about?.kind === "ask" ? askAbout(about) : next(command, args);
                },
                resolveCodeAction: async (action, token, next) => {
                    try {
                        return await next(action, token);
                    } catch (error) {
                        showError(error);
                        throw error;
                    }
                },
            },
        };
    }

    private async tellMissing(name: string): Promise<void> {
        const said = name === "" ? `${COMMAND_SETTING} is empty.` : `DT6 can't find the program \`${name}\`.`;
        const mend = `Install DT6, or name the program's path in ${COMMAND_SETTING}.`;
        const choice = await window.showErrorMessage(`${said} ${mend}`, "Set the command", "Try again");
        if (choice === "Set the command") {
            await commands.executeCommand("workbench.action.openSettings", COMMAND_SETTING);
        } else if (choice === "Try again") {
            await this.restart();
        }
    }
}

/** Something that the user has read already. */
class Told extends Error {}

/** Shows an error in its own words, which are the server's where it is one of the server's. */
export function showError(error: unknown): void {
    if (!(error instanceof Told)) {
        void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
}

/** Keeps the client from registering the server's commands that the extension has registered: a name goes once. */
class OwnCommands implements StaticFeature {
    constructor(private readonly own: ReadonlySet<string>) {}

    preInitialize: NonNullable<StaticFeature["preInitialize"]> = (capabilities) => {
        const offered = capabilities.executeCommandProvider;
        if (offered !== undefined) {
            offered.commands = offered.commands.filter((command) => !this.own.has(command));
        }
    };

    fillClientCapabilities(): void {
        // Nothing to tell the server.
    }

    initialize(): void {
        // All is done before.
    }

    getState(): ReturnType<StaticFeature["getState"]> {
        return { kind: "static" };
    }

    clear(): void {
        // Nothing is kept.
    }
}

/** For an editor without a field to type into the server lets its user choose among a few questions; here is one. */
function askAbout({ uri, start_line: first = 1, end_line: last = first }: Partial<Asked>): Thenable<unknown> {
    const range = { start: { line: first - 1, character: 0 }, end: { line: last, character: 0 } };
    return commands.executeCommand("dt6.ask", { uri, range });
}

function named(state: State): ServerState {
    switch (state) {
        case State.Running:
            return "running";
        case State.Starting:
            return "starting";
        default:
            return "stopped";
    }
}

