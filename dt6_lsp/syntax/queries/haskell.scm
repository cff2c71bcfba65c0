(declarations (signature name: [(variable) (prefix_id (operator))] @name) @definition.function)
(declarations (function name: (variable) @name match: (_) @body) @definition.function)
(declarations (function (infix operator: [(operator) @name (infix_id (variable) @name)]) match: (_) @body) @definition.function)
(declarations (bind name: (variable) @name) @definition.function)
(declarations (data_type name: (_) @name) @definition.type)
(declarations (newtype name: (_) @name) @definition.type)
(declarations (type_synonym name: (_) @name) @definition.type)
(declarations (type_family name: (_) @name) @definition.type)
(data_constructor constructor: [(prefix name: (_) @name) (record name: (_) @name)]) @definition.constructor
(newtype_constructor name: (_) @name) @definition.constructor
(field name: (field_name (variable) @name)) @definition.field
(declarations (class name: (_) @name @end patterns: (_)? @end) @definition.class)
(declarations (instance name: (_) @name declarations: (_)? @body) @scope.class)
(class_declarations (signature name: [(variable) (prefix_id (operator))] @name) @definition.method)
(class_declarations (function name: (variable) @name match: (_) @body) @definition.method)
(instance_declarations (function name: (variable) @name match: (_) @body) @definition.method)
(instance_declarations (bind name: (variable) @name match: (_) @body) @definition.method)

(comment) @comment
(haddock) @comment

(apply function: [(variable) @reference (constructor) @reference (qualified id: (variable) @reference)])
(infix left_operand: (variable) @reference)
(infix right_operand: (variable) @reference)
(infix_id (variable) @reference)
(name) @reference

(import module: (module) @module) @import
