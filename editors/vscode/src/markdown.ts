// Markdown that this extension writes around what the server says. The server's answers are Markdown that it has made
// harmless; everything else (questions, names, notices) is words, and stays words.

import { Uri } from "vscode";

import { linkTo, shown, uriOf } from "./places";
import type { Answer, Place, Stats } from "./protocol";

export function plain(words: string): string {
    return words.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>!#|]/g, (mark) => `\\${mark}`);
}

export function answered({ answer, citations, backend, model, notice }: Answer): string {
    const author = backend === "none" ? "without a model" : `by ${plain(model)} (${plain(backend)})`;
    const sources = citations.length > 0 ? ["## Sources", citations.map(source).join("\n")] : [];
    return [answer.trim(), ...sources, "---", `Written ${author}. ${plain(notice)}`.trim()].join("\n\n");
}

function source(place: Place): string {
    const uri = uriOf(place);
    const link = uri && linkTo(uri, place.start_line);
    return link === undefined ? `- ${plain(shown(place))}` : `- [${plain(shown(place))}](${link})`;
}

/** A page of the server with links that a preview follows. */
export function previewed(page: string): string {
    return page.replaceAll(/\]\((file:\/\/\/[^\s)#]+)#L(\d+)\)/g, (link, file: string, line: string) => {
        const path = linkTo(Uri.parse(file), line);
        return path === undefined ? link : `](${path})`;
    });
}

export function figures({ roots, chat, index, asks }: Stats): string {
    const model = chat.backend === "none" ? `none. ${chat.why}` : `${chat.model} (${chat.backend})`;
    return [
        "| | |",
        "|---|---|",
        `| Model | ${plain(model)} |`,
        `| Files indexed | ${index.indexed} of ${index.files}, ${index.stale} stale |`,
        `| Questions | ${asks.answered} answered (${asks.cached} kept answers), ${asks.failed} failed, ${asks.cancelled} stopped |`,
        ...roots.map(
            ({ root, files, chunks, symbols, model }) =>
                `| ${plain(root)} | ${files} files, ${chunks} chunks, ${symbols} symbols; vectors by ${plain(model)} |`,
        ),
    ].join("\n");
}
