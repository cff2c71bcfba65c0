// The language server's life: found, started, asked, restarted, stopped.
//
// Not here: how the client speaks to it (`client`), what commands do, and what the status bar shows.

import { randomUUID } from "node:crypto";

import {
    type CancellationToken,
    commands,
    type Disposable,
    EventEmitter,
    type ExtensionContext,
    type Progress as Shown,
    window,
} from "vscode";
import { DidChangeConfigurationNotification, ExecuteCommandRequest, State, WorkDoneProgress } from "vscode-languageclient";
import type { LanguageClient } from "vscode-languageclient/node";

import { makeClient, type Progress } from "./client";
import { Told } from "./errors";
import { find } from "./program";
import { serverCommand } from "./settings";

export type ServerState = "stopped" | "missing" | "starting" | "running";

const COMMAND_SETTING = "dt6.server.command";

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
        const client = makeClient(this.context, [program, ...args], this.output, (token, progress) => {
            this.progresses.fire([token, progress]);
        });
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

