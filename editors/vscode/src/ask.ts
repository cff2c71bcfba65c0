// Questions, asked with what the user has open and marked: the answer is streamed into a document of its own, or comes on
// a page of the server's.

import { randomUUID } from "node:crypto";

import { type CancellationToken, type Progress, ProgressLocation, window } from "vscode";
import { ProgressType } from "vscode-languageclient";

import type { Answering, Answers } from "./answers";
import { answered } from "./markdown";
import type { Answer, AskParams, Partial } from "./protocol";
import type { Server } from "./server";

const SYNCED = ["file", "untitled", "vscode-notebook-cell"];

export type Where = Pick<AskParams, "uri" | "range">;

/** What is open and, where something is marked or `at` the cursor is asked for, which lines of it. */
export function here(at: "selection" | "cursor"): Where {
    const editor = window.activeTextEditor;
    if (editor === undefined || !SYNCED.includes(editor.document.uri.scheme)) {
        return {};
    }
    const { start, end, isEmpty } = editor.selection;
    const uri = editor.document.uri.toString();
    return isEmpty && at === "selection" ? { uri } : { uri, range: { start, end } };
}

export async function askForQuestion(): Promise<string | undefined> {
    const prompt = "Ask about this workspace";
    const asked = await window.showInputBox({ title: "DT6: Ask", prompt, placeHolder: "Where are passwords checked?" });
    return asked?.trim() ? asked : undefined;
}

/** The server shows it on a page of its own, and hovers tell it from then on. */
export async function explain(server: Server): Promise<void> {
    const where = here("cursor");
    if (where.uri === undefined) {
        throw new Error("Open a file and put the cursor on what is to be explained, or mark it.");
    }
    await stoppable("DT6: explaining", (progress, cancel) =>
        server.execute("dt6.explain", where, progress, cancel),
    );
}

export async function architecture(server: Server): Promise<void> {
    await stoppable("DT6: looking at the architecture", (progress, cancel) =>
        server.execute("dt6.architecture", {}, progress, cancel),
    );
}

export async function ask(server: Server, answers: Answers, params: AskParams): Promise<void> {
    const answering = await answers.open(params.question, "");
    await stoppable("DT6: answering", async (progress, cancel) => {
        try {
            answering.show(answered(await stream(server, params, answering, progress, cancel)));
        } catch (error) {
            answering.end(cancel.isCancellationRequested ? "Stopped." : "There is no answer.");
            throw error;
        }
    });
}

/** Long work with a notification that stops it; that it was stopped is no error. */
async function stoppable(
    title: string,
    work: (progress: Progress<{ message: string }>, cancel: CancellationToken) => Promise<unknown>,
): Promise<void> {
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    await window.withProgress(options, async (progress, cancel) => {
        try {
            await work(progress, cancel);
        } catch (error) {
            if (!cancel.isCancellationRequested) {
                throw error;
            }
        }
    });
}

async function stream(
    server: Server,
    params: AskParams,
    answering: Answering,
    progress: Progress<{ message: string }>,
    cancel: CancellationToken,
): Promise<Answer> {
    const client = await server.running();
    const partialResultToken = randomUUID();
    const listening = client.onProgress(new ProgressType<Partial>(), partialResultToken, (part) => {
        if (part.kind === "token") {
            answering.add(part.text);
        } else if (part.kind === "routed") {
            progress.report({ message: `reading the index (${part.intent})` });
        } else if (part.kind === "retrieved") {
            progress.report({ message: `writing, from ${part.hits.length} places` });
        }
    });
    try {
        return await client.sendRequest<Answer>("dt6/ask", { ...params, partialResultToken }, cancel);
    } finally {
        listening.dispose();
    }
}
