; Captures, the same in every file here:
;   @definition.<kind> with @name     a symbol; its signature ends before @body or after @end; @container is a name to put
;                                     in front
;   @heading.<level> with @name       a definition that reaches to the next heading that is no lower
;   @wrap                             a definition that ends where this ends starts where this starts
;   @scope.<kind> with @name          names what it holds, without being a symbol of its own
;   @skip.it with @name               no symbol, whatever a later pattern says
;   @prefix                           belongs to the definition below it: decorators, comments (@comment), attributes
;   @docstring with @of               text inside the definition @of that documents it
;   @reference                        a use of a name
;   @import with @module              an import and what it names; @names is what it takes from there
;   @tokens                           what a macro gets, in which imports are looked for
;   @block                            lines that stay together in a chunk
; A condition is (#is? "capture" "words it may be") or (#is-not? ...), a word that ends with * being a beginning. They are
; checked by matches.py: the binding's own predicates read a node's text far too slowly.
; Where two patterns find the same name, the first one in the file counts.

(class_definition name: (identifier) @name @end type_parameters: (_)? @end superclasses: (_)? @end) @definition.class
(function_definition name: (identifier) @name parameters: (_) @end return_type: (_)? @end) @definition.function
(type_alias_statement left: (type (identifier) @name)) @definition.type

(module (expression_statement (assignment left: (identifier) @name)) @definition.variable)
(module (if_statement consequence: (block (expression_statement (assignment left: (identifier) @name)) @definition.variable)))
(module (try_statement body: (block (expression_statement (assignment left: (identifier) @name)) @definition.variable)))
(class_definition body: (block (expression_statement (assignment left: (identifier) @name)) @definition.field))

(function_definition body: (block . (expression_statement (string) @docstring))) @of
(class_definition body: (block . (expression_statement (string) @docstring))) @of

(comment) @comment
(decorator) @prefix

(call function: [(identifier) @reference (attribute attribute: (identifier) @reference)])
(decorator [(identifier) @reference (attribute attribute: (identifier) @reference)])
(class_definition superclasses: (argument_list [(identifier) @reference (attribute attribute: (identifier) @reference)]))
(type [(identifier) @reference (attribute attribute: (identifier) @reference)])
(generic_type (identifier) @reference)
(type (binary_operator [(identifier) @reference (none)]))
(except_clause value: [(identifier) @reference (as_pattern (identifier) @reference) (tuple (identifier) @reference)])

(import_statement name: [(dotted_name) @module (aliased_import name: (dotted_name) @module)]) @import
(import_from_statement module_name: (_) @module name: [(dotted_name) @names (aliased_import name: (dotted_name) @names)]) @import
(import_from_statement module_name: (_) @module (wildcard_import) @names) @import
(future_import_statement) @import
