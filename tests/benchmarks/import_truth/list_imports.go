// Go's own account of what each file imports: reads paths from stdin, one a line, and writes `path<TAB>import` lines.
package main

import (
	"bufio"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"strconv"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		file, err := parser.ParseFile(token.NewFileSet(), lines.Text(), nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		fmt.Printf("%s\t\n", lines.Text())
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			fmt.Printf("%s\t%s\n", lines.Text(), name)
		}
	}
}
