(function_item name: (identifier) @name body: (_) @body) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(struct_item name: (type_identifier) @name body: (field_declaration_list) @body) @definition.struct
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name body: (_) @body) @definition.struct
(enum_item name: (type_identifier) @name body: (_) @body) @definition.enum
(enum_variant name: (identifier) @name) @definition.constant
(field_declaration name: (field_identifier) @name) @definition.field
(trait_item name: (type_identifier) @name body: (_) @body) @definition.trait
(impl_item type: (_) @name body: (_) @body) @scope.struct
(mod_item name: (identifier) @name body: (_) @body) @definition.namespace
(macro_definition name: (identifier) @name @end) @definition.macro
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.variable
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type

(line_comment) @comment
(block_comment) @comment
(attribute_item) @prefix

(call_expression function: [
  (identifier) @reference
  (field_expression field: (field_identifier) @reference)
  (scoped_identifier name: (identifier) @reference)
  (generic_function function: [(identifier) @reference (scoped_identifier name: (identifier) @reference) (field_expression field: (field_identifier) @reference)])
])
(scoped_identifier path: (identifier) @reference)
(macro_invocation macro: [(identifier) @reference (scoped_identifier name: (identifier) @reference)])
(type_identifier) @reference

(use_declaration argument: [(identifier) (scoped_identifier)] @module) @import
(use_declaration argument: (use_wildcard (_) @module "*" @names)) @import
(use_declaration argument: (use_as_clause path: (_) @module alias: (_) @names)) @import
(use_declaration argument: (scoped_use_list path: (_) @module list: (_) @names)) @import
(use_declaration argument: (use_list [(identifier) (scoped_identifier) (scoped_use_list)] @module)) @import
(mod_item (visibility_modifier)? @names "mod" @names name: (identifier) @module !body) @import
(source_file (macro_invocation (token_tree) @tokens))
(declaration_list (macro_invocation (token_tree) @tokens))
((attribute_item (attribute (identifier) @_path value: (string_literal (string_content) @names)) (#is? "_path" "path"))
  . (attribute_item)* . (mod_item name: (identifier) @module !body) @import)
(extern_crate_declaration name: (identifier) @module) @import
