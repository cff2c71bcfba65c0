// TypeScript's own account: reads {root, files} as JSON from stdin, and writes for each file the module specifiers that
// the compiler finds in it, with the file that each one resolves to (null for none) and the manifests read for that.
const path = require("node:path");
const ts = require(process.argv[2]);

const { root, files } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const fallback = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};
const configs = new Map();

function options(folder) {
  const config = ts.findConfigFile(folder, ts.sys.fileExists, "tsconfig.json") ?? "";
  const inside = config.startsWith(root + "/");
  if (!configs.has(config)) {
    const read = inside ? ts.getParsedCommandLineOfConfigFile(config, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} }) : undefined;
    configs.set(config, { ...fallback, ...read?.options, allowJs: true, resolveJsonModule: true });
  }
  return configs.get(config);
}

function inside(file) {
  return path.relative(root, file).split(path.sep).join("/");
}

function specifiers(source) {
  const found = [];
  const add = (node) => node && ts.isStringLiteralLike(node) && found.push(node.text);
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node)) add(node.argument.literal);
    else if (ts.isCallExpression(node)) {
      const called = node.expression;
      const dynamic = called.kind === ts.SyntaxKind.ImportKeyword;
      if (dynamic || (ts.isIdentifier(called) && called.text === "require" && node.arguments.length === 1)) add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const answer = {};
for (const file of files) {
  const full = path.join(root, file);
  const source = ts.createSourceFile(full, ts.sys.readFile(full) ?? "", ts.ScriptTarget.Latest, true);
  const chosen = options(path.dirname(full));
  answer[file] = specifiers(source).map((name) => {
    const { resolvedModule: resolved, affectingLocations } = ts.resolveModuleName(name, full, chosen, ts.sys);
    return [name, resolved ? inside(resolved.resolvedFileName) : null, (affectingLocations ?? []).map(inside)];
  });
}
process.stdout.write(JSON.stringify(answer));
