((variable_declaration . ["pub" "const"] (identifier) @name (builtin_function (builtin_identifier) @_import)) @skip.it (#is? "_import" "@import"))
(variable_declaration "const" . (identifier) @name (struct_declaration "{" @body)) @definition.struct
(variable_declaration "const" . (identifier) @name (union_declaration "{" @body)) @definition.struct
(variable_declaration "const" . (identifier) @name (enum_declaration "{" @body)) @definition.enum
(variable_declaration "const" . (identifier) @name (error_set_declaration "{" @body)) @definition.enum
(variable_declaration "const" . (identifier) @name (opaque_declaration "{" @body)) @definition.struct
(source_file (variable_declaration ["const" "var"] . (identifier) @name) @definition.variable)
(struct_declaration (variable_declaration ["const" "var"] . (identifier) @name) @definition.constant)
(container_field name: (identifier) @name) @definition.field
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(test_declaration [(string (string_content) @name) (identifier) @name] (block) @body) @definition.test

(comment) @comment

(call_expression function: [(identifier) @reference (field_expression member: (identifier) @reference)])
(_ type: [(identifier) @reference (field_expression member: (identifier) @reference)])
(pointer_type (identifier) @reference)
(error_union_type ok: (identifier) @reference)
(struct_initializer . (identifier) @reference)

((builtin_function (builtin_identifier) @_import (arguments (string (string_content) @module))) @import (#is? "_import" "@import"))
