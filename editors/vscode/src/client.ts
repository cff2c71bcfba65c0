// The client that speaks to the server: how it is started, and what this editor does otherwise than every other one.
//
// Not here: when it is started and stopped (`server`).

import { homedir } from "node:os";

import { CancellationError, type ExtensionContext, type LogOutputChannel, Uri } from "vscode";
import {
    type LanguageClientOptions,
    RevealOutputChannelOn,
    type StaticFeature,
    type WorkDoneProgressBegin,
    type WorkDoneProgressEnd,
    type WorkDoneProgressReport,
} from "vscode-languageclient";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

import { openPreview } from "./answers";
import { showError } from "./errors";
import { previewed } from "./markdown";
import { natively } from "./native";
import { contributedCommands, spoken } from "./settings";

export type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
type Tell = (token: string | number, progress: Progress) => void;

const NOT_MADE = "Nothing was changed: the action was stopped, or the document was changed meanwhile.";
const PAGES = "dt6"; // the scheme of the documents that the server writes

/** `tell` is told of the progress of all that the server does. */
export function makeClient(
    context: ExtensionContext,
    [command = "", ...args]: string[],
    output: LogOutputChannel,
    tell: Tell,
): LanguageClient {
    // The home folder: some systems look for programs in the current one, and that must not be a workspace.
    const run = { command, args: [...args, "serve"], options: { cwd: homedir() }, transport: TransportKind.stdio };
    const options = optionsOf(context, output, tell, () => client);
    const client = new LanguageClient("dt6", "DT6", run, options);
    client.registerFeature(new OwnCommands(contributedCommands(context)));
    return client;
}

function optionsOf(
    context: ExtensionContext,
    output: LogOutputChannel,
    tell: Tell,
    client: () => LanguageClient,
): LanguageClientOptions {
    return {
        documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: PAGES }, { notebook: "*" }],
        outputChannel: output,
        // Failures are shown by whoever asked, in the server's words; this would show that something failed.
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationOptions: () => spoken(context),
        middleware: {
            workspace: {
                configuration: ({ items }) =>
                    items.map(({ section }) => (section === "dt6" ? spoken(context) : null)),
            },
            handleWorkDoneProgress: (token, params, next) => {
                tell(token, params);
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
            executeCommand: natively(client),
            resolveCodeAction: async (action, token, next) => {
                try {
                    return await next(action, token);
                } catch (error) {
                    if (!token.isCancellationRequested) {
                        showError(error instanceof CancellationError ? NOT_MADE : error);
                    }
                    throw error;
                }
            },
        },
    };
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
