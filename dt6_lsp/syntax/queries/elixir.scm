((call target: (identifier) @_def (arguments (alias) @name) (do_block) @body) @definition.module (#is? "_def" "defmodule"))
((call target: (identifier) @_def (arguments (alias) @name) (do_block) @body) @definition.interface (#is? "_def" "defprotocol"))
((call target: (identifier) @_def (arguments . (alias) @name) (do_block) @body) @scope.class (#is? "_def" "defimpl"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
  ]) (do_block) @body) @definition.function (#is? "_def" "def defp defn defnp"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
  ] . (keywords (pair) @body)?)) @definition.function (#is? "_def" "def defp defdelegate defn defnp"))
((call target: (identifier) @_def (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
  ] @end)) @definition.macro (#is? "_def" "defmacro defmacrop defguard defguardp"))
((call target: (identifier) @_def (arguments . (binary_operator operator: _ @name)) ) @definition.function (#is? "_def" "def defp") (#is-not? "name" "when"))
((call target: (identifier) @_def (arguments . (string (quoted_content) @name)) (do_block) @body) @definition.test (#is? "_def" "test describe property"))
((unary_operator operator: "@" operand: (call target: (identifier) @_type (arguments (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "::")))) @definition.type (#is? "_type" "type typep opaque"))
((unary_operator operator: "@" operand: (call target: (identifier) @_type (arguments (binary_operator left: (call target: (identifier) @name) operator: "::")))) @definition.function (#is? "_type" "callback macrocallback"))

((unary_operator operator: "@" operand: (call target: (identifier) @_doc (arguments [(string) @docstring (sigil (quoted_content) @docstring)]))) @prefix (#is? "_doc" "doc typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_doc)) @prefix (#is? "_doc" "doc spec impl deprecated typedoc since tag"))
((call (do_block (unary_operator operator: "@" operand: (call target: (identifier) @_doc (arguments [(string) @docstring (sigil (quoted_content) @docstring)]))))) @of (#is? "_doc" "moduledoc"))

(comment) @comment

((call target: (identifier) @_import (arguments . [(alias) @module (dot left: (alias) @module)])) @import (#is? "_import" "import use alias require"))

((call target: (identifier) @reference) (#is-not? "reference" "def defmodule defmacro defp defmacrop defprotocol defimpl defstruct defguard defdelegate alias import use require doc moduledoc typedoc spec type typep callback impl"))
(call target: (dot right: (identifier) @reference))
(call target: (dot left: (alias) @reference))
(struct (alias) @reference)
(binary_operator operator: "|>" right: (identifier) @reference)
