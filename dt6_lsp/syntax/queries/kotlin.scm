(class_declaration (modifiers (class_modifier "enum")) name: (identifier) @name (enum_class_body) @body) @definition.enum
(class_declaration "interface" name: (identifier) @name (class_body) @body) @definition.interface
(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration name: (identifier) @name [(class_body) (enum_class_body)] @body) @definition.class
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name (class_body) @body) @definition.class
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name (class_body) @body) @definition.class
(enum_entry (identifier) @name) @definition.constant
(class_parameter ["val" "var"] (identifier) @name) @definition.property
(function_declaration [(user_type) (nullable_type)] @container . "." . name: (identifier) @name (function_body) @body) @definition.function
(function_declaration [(user_type) (nullable_type)] @container . "." . name: (identifier) @name) @definition.function
(function_declaration name: (identifier) @name (function_body) @body) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(secondary_constructor "constructor" @name (block) @body) @definition.constructor
(secondary_constructor "constructor" @name) @definition.constructor
(source_file (property_declaration [(user_type) (nullable_type)] @container . "." . (variable_declaration (identifier) @name)) @definition.property)
(source_file (property_declaration (variable_declaration . (identifier) @name)) @definition.variable)
(class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.property)
(type_alias type: (identifier) @name) @definition.type

(line_comment) @comment
(block_comment) @comment
(annotation) @prefix

(call_expression . [(identifier) @reference (navigation_expression (identifier) @reference .)])
(user_type (identifier) @reference .)
(infix_expression (_) . (identifier) @reference . (_))

(import (qualified_identifier) @module) @import
