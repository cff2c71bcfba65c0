// Commands of the server that end in something plain for editors that know nothing of DT6, where VS Code has a means of
// its own: a field to type a question into, and the view of references.

import { commands } from "vscode";
import type { ExecuteCommandMiddleware, Location } from "vscode-languageclient";
import type { LanguageClient } from "vscode-languageclient/node";

type Run = NonNullable<ExecuteCommandMiddleware["executeCommand"]>;
type Next = Parameters<Run>[2];

/** What the action that asks about lines says of them (counted from 1, both included). */
interface Asked {
    kind?: string;
    uri?: string;
    start_line?: number;
    end_line?: number;
}

/** What a lens says of the definition whose uses it counts. */
interface Counted {
    uri?: string;
    line?: number;
    show?: boolean;
}

export function natively(client: () => LanguageClient): Run {
    return (command, args: unknown[], next) => {
        const [given] = args;
        if (command === "dt6.applyAction" && (given as Asked | undefined)?.kind === "ask") {
            return askAbout(given as Asked);
        }
        if (command === "dt6.references" && (given as Counted | undefined)?.show === true) {
            return showReferences(client(), given as Counted, next);
        }
        return next(command, args) as unknown;
    };
}

function askAbout({ uri, start_line: first = 1, end_line: last = first }: Asked): Thenable<unknown> {
    const range = { start: { line: first - 1, character: 0 }, end: { line: last, character: 0 } };
    return commands.executeCommand("dt6.ask", { uri, range });
}

async function showReferences(client: LanguageClient, counted: Counted, next: Next): Promise<void> {
    const found = (await next("dt6.references", [{ ...counted, show: false }])) as { references: Location[] } | undefined;
    if (found === undefined || counted.uri === undefined) {
        return;
    }
    const convert = client.protocol2CodeConverter;
    const at = convert.asPosition({ line: (counted.line ?? 1) - 1, character: 0 });
    const places = found.references.map((each) => convert.asLocation(each));
    await commands.executeCommand("editor.action.showReferences", convert.asUri(counted.uri), at, places);
}
