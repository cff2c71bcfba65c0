// The Java compiler's own account: attributes all sources that stdin names, one a line, and writes `source<TAB>target`
// for each import that means a class of another source, and for each class of its own package or of a package that is
// imported as a whole that a source uses by its simple name. Files that it has read are written as `source<TAB>`.
import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.lang.model.element.*;
import javax.tools.*;

public class Uses {
  public static void main(String[] arguments) throws Exception {
    List<File> files = new ArrayList<>();
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) files.add(new File(line));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager manager = compiler.getStandardFileManager(d -> {}, null, StandardCharsets.UTF_8);
    JavacTask task = (JavacTask) compiler.getTask(
        Writer.nullWriter(), manager, d -> {}, List.of(arguments), null, manager.getJavaFileObjectsFromFiles(files));
    List<CompilationUnitTree> units = new ArrayList<>();
    task.parse().forEach(units::add);
    task.analyze();
    Trees trees = Trees.instance(task);
    for (CompilationUnitTree unit : units) {
      String source = unit.getSourceFile().getName();
      Set<String> targets = new TreeSet<>();
      new TreePathScanner<Void, Void>() {
        @Override public Void visitImport(ImportTree node, Void none) {
          Tree named = node.getQualifiedIdentifier();
          if (named instanceof MemberSelectTree select) {
            Element element = trees.getElement(new TreePath(getCurrentPath(), named));
            // The member of `import static` has no element of its own, nor has `*`: the class before it has.
            if (element == null || select.getIdentifier().contentEquals("*") || node.isStatic())
              element = trees.getElement(new TreePath(new TreePath(getCurrentPath(), named), select.getExpression()));
            add(element);
          }
          return null;
        }
        @Override public Void visitIdentifier(IdentifierTree node, Void none) {
          add(trees.getElement(getCurrentPath()));
          return null;
        }
        void add(Element element) {
          while (element != null && !(element instanceof TypeElement)) {
            if (!(element instanceof PackageElement) && element.getKind() != ElementKind.CONSTRUCTOR) return;
            element = element.getEnclosingElement();
          }
          if (element == null) return;
          TypeElement type = (TypeElement) element;
          while (type.getEnclosingElement() instanceof TypeElement outer) type = outer;
          TreePath declared = trees.getPath(type);
          if (declared != null) targets.add(declared.getCompilationUnit().getSourceFile().getName());
        }
      }.scan(unit, null);
      System.out.println(source + "\t");
      targets.remove(source);
      for (String target : targets) System.out.println(source + "\t" + target);
    }
  }
}
