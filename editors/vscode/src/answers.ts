// Documents that DT6 writes in this editor: read-only, of a scheme of their own, shown as Markdown previews that are
// drawn again while they grow. They live as long as the window; the newest are kept.

import {
    commands,
    type Disposable,
    EventEmitter,
    type TextDocumentContentProvider,
    Uri,
    ViewColumn,
    workspace,
} from "vscode";

import { plain } from "./markdown";

const SCHEME = "dt6-answer";
const PREVIEW = "vscode.markdown.preview.editor";
const KEPT = 50;
const REDRAW_MS = 100;

export class Answers implements TextDocumentContentProvider, Disposable {
    private readonly texts = new Map<string, string>();
    private readonly changes = new EventEmitter<Uri>();
    readonly onDidChange = this.changes.event;
    private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);
    private made = 0;

    provideTextDocumentContent(uri: Uri): string {
        return this.texts.get(uri.toString()) ?? "This answer was not kept. Ask again.";
    }

    /** Opens a document beside the code. Its title is its heading and the name of its tab. */
    async open(title: string, text: string): Promise<Answering> {
        this.made += 1;
        const name = title.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim().slice(0, 60).trim() || "Answer";
        const uri = Uri.from({ scheme: SCHEME, path: `/${name}.md`, query: `${this.made}` });
        const answering = new Answering(`# ${plain(title)}`, (whole) => {
            this.write(uri, whole);
        });
        answering.show(text);
        await openPreview(uri);
        return answering;
    }

    dispose(): void {
        this.registration.dispose();
        this.changes.dispose();
    }

    private write(uri: Uri, text: string): void {
        const key = uri.toString();
        this.texts.set(key, text);
        for (const old of [...this.texts.keys()].slice(0, -KEPT)) {
            this.texts.delete(old);
        }
        this.changes.fire(uri);
    }
}

/** Beside the code, drawn again whenever the document changes. */
export async function openPreview(uri: Uri): Promise<void> {
    const options = { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: false };
    await commands.executeCommand("vscode.openWith", uri, PREVIEW, options);
}

/** One document while it is written. */
export class Answering {
    private text = "";
    private waiting: NodeJS.Timeout | undefined;

    constructor(
        private readonly heading: string,
        private readonly write: (whole: string) => void,
    ) {}

    /** Adds words; they are drawn soon, together with those that follow at once. */
    add(words: string): void {
        this.text += words;
        this.waiting ??= setTimeout(() => {
            this.show(this.text);
        }, REDRAW_MS);
    }

    /** All that is to be read below the heading, drawn now. */
    show(text: string): void {
        clearTimeout(this.waiting);
        this.waiting = undefined;
        this.write(`${this.heading}\n\n${text}\n`);
    }

    /** The words so far, and why no more follow. */
    end(why: string): void {
        this.show([this.text.trim(), `*${plain(why)}*`].filter(Boolean).join("\n\n"));
    }
}
