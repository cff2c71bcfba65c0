((call target: (identifier) @_def (arguments (alias) @name) (do_block) @body) @definition.module (#any-of? @_def "defmodule"))
((call target: (identifier) @_def (arguments (alias) @name) (do_block) @body) @definition.interface (#any-of? @_def "defprotocol"))
((call target: (identifier) @_def (arguments . (alias) @name) (do_block) @body) @scope.class (#any-of? @_def "defimpl"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
  ]) (do_block) @body) @definition.function (#any-of? @_def "def" "defp" "defn" "defnp"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
  ] . (keywords (pair) @body)?)) @definition.function (#any-of? @_def "def" "defp" "defdelegate" "defn" "defnp"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
  ] @end)) @definition.macro (#any-of? @_def "defmacro" "defmacrop" "defguard" "defguardp"))
((call target: (identifier) @_def (arguments . (binary_operator operator: _ @name)) ) @definition.function (#any-of? @_def "def" "defp") (#not-eq? @name "when"))
((call target: (identifier) @_def (arguments . (string (quoted_content) @name)) (do_block) @body) @definition.test (#any-of? @_def "test" "describe" "property"))
((unary_operator operator: "@" operand: (call target: (identifier) @_type (arguments (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "::")))) @definition.type (#any-of? @_type "type" "typep" "opaque"))
((unary_operator operator: "@" operand: (call target: (identifier) @_type (arguments (binary_operator left: (call target: (identifier) @name) operator: "::")))) @definition.function (#any-of? @_type "callback" "macrocallback"))

((unary_operator operator: "@" operand: (call target: (identifier) @_doc (arguments [(string) @docstring (sigil (quoted_content) @docstring)]))) @prefix (#any-of? @_doc "doc" "typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_doc)) @prefix (#any-of? @_doc "doc" "spec" "impl" "deprecated" "typedoc" "since" "tag"))
((call (do_block (unary_operator operator: "@" operand: (call target: (identifier) @_doc (arguments [(string) @docstring (sigil (quoted_content) @docstring)]))))) @of (#eq? @_doc "moduledoc"))

(comment) @comment

((call target: (identifier) @_import (arguments . [(alias) @module (dot left: (alias) @module)])) @import (#any-of? @_import "import" "use" "alias" "require"))

((call target: (identifier) @reference) (#not-match? @reference "^(def(module|macro|p|macrop|protocol|impl|struct|guard|delegate)?|alias|import|use|require|(module|type)?doc|spec|typep?|callback|impl)$"))
(call target: (dot right: (identifier) @reference))
(call target: (dot left: (alias) @reference))
(struct (alias) @reference)
(binary_operator operator: "|>" right: (identifier) @reference)
